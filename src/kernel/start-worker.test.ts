import { once } from 'node:events';
import { expect, it } from 'vitest';
import { startWorker } from './start-worker.ts';

it('starts a worker from TypeScript source that imports other source', async () => {
  const worker = startWorker(new URL('../../test/support/echo-worker.ts', import.meta.url), { workerData: 'given' });
  try {
    worker.postMessage('said');
    expect(await once(worker, 'message')).toEqual([['said', 'given', 5]]);
  } finally {
    await worker.terminate();
  }
});

it('reports a module that is not there as an error of the worker', async () => {
  const worker = startWorker(new URL('./no-such-module.ts', import.meta.url), {});
  const [error] = await once(worker, 'error');
  expect(String(error)).toContain('no-such-module');
});
