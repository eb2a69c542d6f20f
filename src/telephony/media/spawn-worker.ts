import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../kernel/start-worker.ts';
import type { WorkerSettings } from './protocol.ts';

/** A worker's own memory; audio is outside of it. A leak ends the worker, not the machine. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 };

/** Starts a media thread. */
export function spawnWorker(settings: WorkerSettings): Worker {
  return startWorker(new URL('./worker-main.ts', import.meta.url), { workerData: settings, resourceLimits: RESOURCE_LIMITS });
}
