import { parentPort, workerData } from 'node:worker_threads';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';

/** Answers each message with itself, what the worker was given, and a number from another TypeScript module. */
parentPort?.on('message', (message: unknown) => parentPort?.postMessage([message, workerData, new VirtualClock(5).now()]));
