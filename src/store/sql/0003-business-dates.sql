-- What reports select by.

CREATE INDEX sales_by_business_date ON sales_local (business_date);
CREATE INDEX payments_by_business_date ON payments_local (business_date);
