/**
 * Settings of the embedded server: durable, few processes, little memory, next to nothing to do while idle. Given on the command
 * line at every start, so that a cluster made by an older release gets them too.
 */
const settings = {
  // durability
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // memory
  shared_buffers: '24MB',
  wal_buffers: '1MB',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  max_connections: '20',
  max_locks_per_transaction: '32',
  huge_pages: 'off',
  // processes that this product has no use for
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_replication_slots: '0',
  max_logical_replication_workers: '0',
  max_parallel_workers: '0',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  max_worker_processes: '0',
  io_method: 'sync',
  autovacuum_worker_slots: '1',
  autovacuum_max_workers: '1',
  // idle work
  autovacuum_naptime: '5min',
  bgwriter_lru_maxpages: '0',
  wal_writer_delay: '10s',
  checkpoint_timeout: '15min',
  max_wal_size: '512MB',
  min_wal_size: '32MB',
  // work per statement
  jit: 'off',
  update_process_title: 'off',
  // the log goes to stderr, which is a file of ours
  logging_collector: 'off',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
  log_min_error_statement: 'panic',
  log_timezone: 'UTC',
  timezone: 'UTC',
} as const;

/** Where the server listens: a socket in the cluster's own directory, or a port of the loopback address. */
export type Listen = { readonly kind: 'socket' } | { readonly kind: 'tcp'; readonly port: number };

/** Command-line arguments of `postgres`. */
export function serverArguments(clusterPath: string, listen: Listen): string[] {
  const where =
    listen.kind === 'socket'
      ? { listen_addresses: '', unix_socket_directories: '.', unix_socket_permissions: '0700', port: String(SOCKET_PORT) }
      : { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(listen.port) };
  const all = Object.entries({ ...settings, ...where });
  return ['-D', clusterPath, ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Only a part of the socket's file name; nothing listens on this port. */
export const SOCKET_PORT = 5432;
