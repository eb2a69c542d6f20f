import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a worker thread from its module, given as `new URL('./name.ts', import.meta.url)`. In the build that is the JavaScript file
 * beside it. From source it is TypeScript, which a worker of Node 20 cannot load by itself: tsx registers itself in the main thread
 * only, so it is registered inside the worker first.
 */
export function startWorker(module: URL, options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(module.href.replace(/\.ts$/, '.js')), options);
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(module.href)}); })`;
  return new Worker(code, { ...options, eval: true, execArgv: [] });
}
