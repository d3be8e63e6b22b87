/* What is posted, and the figures that come from it. */
#include "config.h"

#include "bp-fixture.h"

static char *
change_sale (const char *op,
             const char *id,
             gint64      base,
             const char *data)
{
  g_autofree char *rest = g_strdup_printf ("'base_version':%" G_GINT64_FORMAT ",'data':{%s}", base,
                                           data);

  return operation (op, "sales", id, "UPDATE", rest);
}

static void
assert_figures (Fixture *fixture,
                gint64   stock,
                gint64   balance)
{
  g_assert_cmpint (fixture_get_integer (fixture, "products", "p1", "stock"), ==, stock);
  g_assert_cmpint (fixture_get_integer (fixture, "customers", "c1", "balance"), ==, balance);
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
}

static void
posted (Fixture      *fixture,
        gconstpointer data)
{
  add_basics (fixture);
  assert_pushed (fixture, "applied:1 applied:1", sale ("o1", "s1", "sale", 1000, 500, ""),
                 payment ("o2", "y1", 500, ""));
  assert_pushed (fixture,
                 "rejected:posted rejected:posted rejected:posted rejected:posted rejected:posted",
                 operation ("o3", "sales", "s1", "DELETE", "'base_version':1"),
                 operation ("o4", "payments", "y1", "DELETE", "'base_version':1"),
                 change_sale ("o5", "s1", 1, "'total_amount':1"),
                 change_sale ("o6", "s1", 1, "'note':'x','lines':[]"),
                 operation ("o7", "payments", "y1", "UPDATE",
                            "'base_version':1,'data':{'note':'x'}"));
  assert_pushed (fixture, "applied:2", change_sale ("o8", "s1", 1, "'note':'x'"));
  assert_pushed (fixture, "applied:3", change_sale ("o9", "s1", 2, "'status':'void','note':'y'"));
  assert_pushed (fixture, "rejected:posted", change_sale ("o10", "s1", 3, "'status':'posted'"));
  assert_pushed (fixture, "rejected:posted", change_sale ("o11", "s2", 3, "'total_amount':3"));
  assert_pushed (fixture, "conflict:DELETE_UPDATE:null",
                 change_sale ("o12", "s2", 3, "'status':'void'"));
}

/* Longer than an index of PostgreSQL takes, and not to be packed. */
static char *
make_long_key (Fixture *fixture)
{
  GString *key = g_string_new (NULL);

  while (key->len < 4000)
    g_string_append_printf (key, "%08x", (guint)bp_clock_random_range (BP_CLOCK (fixture->clock),
                                                                       G_MAXUINT32));
  return g_string_free (key, FALSE);
}

static void
long_keys (Fixture      *fixture,
           gconstpointer data)
{
  g_autofree char *key = make_long_key (fixture);
  g_autofree char *sku = g_strdup_printf (",'sku':'%s'", key);
  g_autofree char *other = g_strdup_printf (",'sku':'%sx','barcode':'%s'", key, key);
  g_autofree char *number = g_strdup_printf (
    "'data':{'number':'%s','sale_date':1,'business_date':'2026-01-02','status':'posted',"
    "'kind':'sale','currency':'INR','total_amount':0,'lines':[]}", key);

  assert_pushed (fixture, "applied:1 applied:1", product ("o1", "p1", sku),
                 product ("o2", "p2", other));
  assert_pushed (fixture, "conflict:ID_COLLISION:sku", product ("o3", "p3", sku));
  assert_pushed (fixture, "applied:1", operation ("o4", "sales", "s1", "INSERT", number));
  assert_pushed (fixture, "conflict:ID_COLLISION:number",
                 operation ("o5", "sales", "s2", "INSERT", number));
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
}

static void
sums (Fixture      *fixture,
      gconstpointer data)
{
  assert_pushed (fixture, "rejected:invalid_value applied:1 rejected:invalid_value",
                 sale ("o1", "s1", "sale", 1000, 500, ",'round_off':1"),
                 operation ("o2", "sales", "s2", "INSERT",
                            "'data':{'number':'N','sale_date':1,'business_date':'2026-01-02',"
                            "'status':'posted','kind':'sale','currency':'INR','total_amount':503,"
                            "'round_off':3,'lines':[{'total':200},{'total':300,'name':'x'}]}"),
                 operation ("o3", "sales", "s3", "INSERT",
                            "'data':{'number':'M','sale_date':1,'business_date':'2026-01-02',"
                            "'status':'draft','kind':'sale','currency':'INR','total_amount':0,"
                            "'lines':[]}"));
}

static void
numbers (Fixture      *fixture,
         gconstpointer data)
{
  assert_pushed (fixture, "applied:1", sale ("o1", "s1", "sale", 1000, 500, ""));
  assert_pushed (fixture, "conflict:ID_COLLISION:number",
                 operation ("o2", "sales", "s2", "INSERT",
                            "'data':{'number':' s1 ','sale_date':1,'business_date':'2026-01-02',"
                            "'status':'posted','kind':'sale','currency':'INR','total_amount':0,"
                            "'lines':[]}"));
}

static void
figures (Fixture      *fixture,
         gconstpointer data)
{
  add_basics (fixture);
  assert_pushed (fixture, "applied:1", movement ("o1", "m1", 10000));
  assert_pushed (fixture, "applied:1 applied:1",
                 sale ("o2/a", "s1", "sale", 3000, 900, ""),
                 payment ("o3/a", "y1", 400, ",'sale_id':'s1'"));
  g_assert_cmpint (fixture_get_integer (fixture, "sales", "s1", "paid"), ==, 400);
  assert_figures (fixture, 7000, 500);
  assert_pushed (fixture, "applied:1 applied:1",
                 sale ("o4/b", "s2", "return", 1000, 300, ",'refers_to':'s1'"),
                 payment ("o5/b", "y2", -300, ",'sale_id':'s2'"));
  assert_figures (fixture, 8000, 500);
  assert_pushed (fixture, "applied:1", payment ("o6", "y3", 100, ",'customer_id':'c1'"));
  assert_figures (fixture, 8000, 400);
  assert_pushed (fixture, "applied:2", change_sale ("o7", "s2", 1, "'status':'void'"));
  assert_figures (fixture, 7000, 700);
  assert_pushed (fixture, "applied:2", change_sale ("o8", "s1", 1, "'status':'void'"));
  assert_figures (fixture, 10000, -200);
}

static void
any_order (Fixture      *fixture,
           gconstpointer data)
{
  assert_pushed (fixture, "applied:1", payment ("o1", "y1", 400, ",'sale_id':'s1'"));
  assert_pushed (fixture, "applied:1", sale ("o2", "s1", "sale", 3000, 900, ""));
  g_assert_cmpint (fixture_get_integer (fixture, "sales", "s1", "paid"), ==, 400);
  assert_pushed (fixture, "applied:1", movement ("o3", "m1", 10000));
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
  fixture_reopen (fixture);
  add_basics (fixture);
  assert_figures (fixture, 7000, 500);
}

static void
any_order_in_one_push (Fixture      *fixture,
                       gconstpointer data)
{
  assert_pushed (fixture, "applied:1 applied:1 applied:1 applied:1 applied:1",
                 payment ("o1", "y1", 400, ",'sale_id':'s1'"), movement ("o3", "m1", 10000),
                 sale ("o2", "s1", "sale", 3000, 900, ""), product ("o4", "p1", ""),
                 operation ("o5", "customers", "c1", "INSERT", "'data':{'name':'Ravi'}"));
  g_assert_cmpint (fixture_get_integer (fixture, "sales", "s1", "paid"), ==, 400);
  assert_figures (fixture, 7000, 500);
}

static void
seq_after_facts (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (BpState) p1 = NULL;
  g_autoptr (BpState) s1 = NULL;
  g_autoptr (BpState) y1 = NULL;

  add_basics (fixture);
  assert_pushed (fixture, "applied:1 applied:1",
                 sale ("o1/a", "s1", "sale", 3000, 900, ""),
                 payment ("o2/a", "y1", 400, ",'sale_id':'s1'"));
  p1 = fixture_get (fixture, "products", "p1");
  s1 = fixture_get (fixture, "sales", "s1");
  y1 = fixture_get (fixture, "payments", "y1");
  g_assert_cmpint (p1->version, ==, 1);
  g_assert_cmpint (s1->version, ==, 1);
  g_assert_cmpint (p1->seq, >, y1->seq);
  g_assert_cmpint (s1->seq, >, y1->seq);
  g_assert_cmpint (p1->seq, !=, s1->seq);
  g_assert_cmpint (fixture_get_seq (fixture), ==, 7);
}

/* A void and a sale of the same, and an edit of the product in between: its
 * row holds both, and must not look older than the sale. */
static void
seq_after_facts_that_add_up_to_nothing (Fixture      *fixture,
                                        gconstpointer data)
{
  g_autoptr (BpState) p1 = NULL;
  g_autoptr (BpState) s2 = NULL;

  add_basics (fixture);
  assert_pushed (fixture, "applied:1", sale ("o1", "s1", "sale", 3000, 900, ""));
  assert_pushed (fixture, "applied:2 applied:2 applied:1",
                 change_sale ("o2", "s1", 1, "'status':'void'"),
                 operation ("o3", "products", "p1", "UPDATE",
                            "'base_version':1,'data':{'price':7}"),
                 sale ("o4", "s2", "sale", 3000, 900, ""));
  p1 = fixture_get (fixture, "products", "p1");
  s2 = fixture_get (fixture, "sales", "s2");
  g_assert_cmpint (p1->seq, >, s2->seq);
  g_assert_cmpuint (fixture_check (fixture), ==, 0);
}

static void
returns (Fixture      *fixture,
         gconstpointer data)
{
  add_basics (fixture);
  assert_pushed (fixture, "applied:1 applied:1", sale ("o1", "s1", "sale", 1000, 500, ""),
                 sale ("o2", "r1", "return", 1000, 500, ",'refers_to':'s1'"));
  assert_pushed (fixture, "rejected:returned", change_sale ("o3", "s1", 1, "'status':'void'"));
  assert_pushed (fixture, "applied:2 applied:2", change_sale ("o4", "r1", 1, "'status':'void'"),
                 change_sale ("o5", "s1", 1, "'status':'void'"));
  assert_pushed (fixture, "rejected:void",
                 sale ("o6", "r2", "return", 1000, 500, ",'refers_to':'s1'"));
  assert_pushed (fixture, "applied:1 rejected:returned",
                 sale ("o7", "r3", "return", 1000, 500, ",'refers_to':'s3'"),
                 operation ("o8", "sales", "s3", "INSERT",
                            "'data':{'number':'N','sale_date':1,'business_date':'2026-01-02',"
                            "'status':'void','kind':'sale','currency':'INR','total_amount':0,"
                            "'lines':[]}"));
}

static void
overflow (Fixture      *fixture,
          gconstpointer data)
{
  add_basics (fixture);
  assert_pushed (fixture, "applied:1", movement ("o1", "m1", BP_INTEGER_MAX));
  assert_pushed (fixture, "held rejected:invalid_value applied:1",
                 payment ("o0/a", "y1", 1, ""), movement ("o2/a", "m2", 1),
                 movement ("o3/b", "m3", -1));
  assert_figures (fixture, BP_INTEGER_MAX - 1, 0);
}

static void
deleted_product (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (BpState) before = NULL;
  g_autoptr (BpState) after = NULL;

  add_basics (fixture);
  assert_pushed (fixture, "applied:2",
                 operation ("o1", "products", "p1", "DELETE", "'base_version':1"));
  before = fixture_get (fixture, "products", "p1");
  assert_pushed (fixture, "applied:1", sale ("o2", "s1", "sale", 3000, 900, ""));
  after = fixture_get (fixture, "products", "p1");
  g_assert_cmpint (after->seq, ==, before->seq);
  assert_pushed (fixture, "applied:3",
                 operation ("o3", "products", "p1", "UPDATE",
                            "'base_version':2,'restore':true,'data':{'name':'Tea'}"));
  assert_figures (fixture, -3000, 900);
}

static void
lost_sale_comes_back (Fixture      *fixture,
                      gconstpointer data)
{
  assert_pushed (fixture, "applied:3",
                 operation ("o1", "sales", "s1", "UPDATE",
                            "'base_version':2,'restore':true,"
                            "'data':{'number':'N','sale_date':1,'business_date':'2026-01-02',"
                            "'status':'void','kind':'sale','currency':'INR','total_amount':0,"
                            "'lines':[]}"));
}

#define ADD(name, func) \
  g_test_add ("/server/facts/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("what-is-posted-stays", posted);
  ADD ("a-sale-adds-up", sums);
  ADD ("a-number-is-given-once", numbers);
  ADD ("keys-may-be-long", long_keys);
  ADD ("figures-follow-the-facts", figures);
  ADD ("facts-may-come-first", any_order);
  ADD ("facts-may-come-first-in-one-push", any_order_in_one_push);
  ADD ("a-figure-gets-its-seq-after-the-facts", seq_after_facts);
  ADD ("also-after-facts-that-add-up-to-nothing", seq_after_facts_that_add_up_to_nothing);
  ADD ("returns-and-voids", returns);
  ADD ("amounts-out-of-range-are-rejected", overflow);
  ADD ("a-deleted-product-keeps-counting", deleted_product);
  ADD ("a-lost-sale-comes-back", lost_sale_comes_back);
  return g_test_run ();
}
