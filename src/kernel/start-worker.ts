import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts the worker thread whose module stands beside `besideUrl` (the caller's `import.meta.url`) and is called `name`, without
 * extension. From the build that is a JavaScript file. From source it is TypeScript, which a worker of Node 20 cannot load by itself:
 * tsx registers itself in the main thread only, so it is registered inside the worker first.
 */
export function startWorker(name: string, besideUrl: string, options: WorkerOptions): Worker {
  if (!besideUrl.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, besideUrl), options);
  const url = JSON.stringify(new URL(`./${name}.ts`, besideUrl).href);
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${url}); })`;
  return new Worker(code, { ...options, eval: true, execArgv: [] });
}
