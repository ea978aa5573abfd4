/** Settings of the embedded server, given on its command line so that they follow the program's version and not a file on disk. */
export const serverSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  // durable: what was acknowledged is on the disk
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // small machines
  shared_buffers: '64MB',
  max_connections: '60',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '512MB',
  min_wal_size: '80MB',
  checkpoint_timeout: '10min',
  // short statements: compiling them takes longer than running them
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  // clients that died or hang
  idle_in_transaction_session_timeout: '60s',
  client_connection_check_interval: '5s',
  // No personal data in the server's log: no statements, no parameters, no values in error details, no messages of failed statements at all
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  // autovacuum logs table names only, but often
  log_autovacuum_min_duration: '-1',
  timezone: 'UTC',
};
