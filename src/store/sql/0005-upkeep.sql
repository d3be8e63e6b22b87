-- What is looked for while much lies beside it: answered operations of one
-- record, operations that wait for their time, old lines of the log.

CREATE INDEX sync_queue_answered_by_record ON sync_queue (table_name, record_id, id)
  WHERE status = 'synced';
CREATE INDEX sync_queue_postponed ON sync_queue (next_attempt)
  WHERE status = 'pending' AND next_attempt > 0;
CREATE INDEX sync_log_by_time ON sync_log (time);
