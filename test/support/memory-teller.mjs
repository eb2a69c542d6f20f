import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getHeapCodeStatistics, getHeapStatistics, queryObjects, setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BroadcastChannel, isMainThread, MessagePort, threadId } from 'node:worker_threads';

// Is loaded into a program before its own code, and into each of its threads. When the process gets SIGUSR2 every thread collects its
// garbage, and one line on the standard output tells the memory of each, as thread-memory.ts reads it.

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const channel = new BroadcastChannel('memory of the threads');
channel.unref();

const inKiB = (bytes) => Math.round(bytes / 1024);

async function settledMemory() {
  // What a weak reference was asked for lives until the next turn.
  for (let round = 0; round < 3; round++) {
    await nextTurn();
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  const { code_and_metadata_size: machineCode, bytecode_and_metadata_size: byteCode } = getHeapCodeStatistics();
  const memory = {
    script: basename(process.argv[1] ?? ''),
    threadId,
    objectsKiB: inKiB(heapUsed - machineCode - byteCode),
    codeKiB: inKiB(machineCode + byteCode),
    externalKiB: inKiB(external),
    messagePorts: queryObjects(MessagePort, { format: 'count' }),
    sharedBuffers: queryObjects(SharedArrayBuffer, { format: 'count' }),
    heapResidentKiB: inKiB(getHeapStatistics().total_physical_size),
  };
  const { HEAP_SNAPSHOTS } = process.env;
  if (HEAP_SNAPSHOTS) writeHeapSnapshot(join(HEAP_SNAPSHOTS, `${Date.now()}-thread-${threadId}.heapsnapshot`));
  return memory;
}

if (isMainThread) {
  const workers = new Set();
  let told = [];
  let tell;
  const tellOnceAllAreThere = () => {
    if (told.length > workers.size) tell?.();
  };
  process.on('worker', (worker) => {
    const id = worker.threadId;
    workers.add(id);
    worker.once('exit', () => {
      workers.delete(id);
      tellOnceAllAreThere();
    });
  });
  channel.onmessage = ({ data }) => {
    told.push(data);
    tellOnceAllAreThere();
  };
  process.on('SIGUSR2', async () => {
    told = [await settledMemory()];
    tell = () => {
      tell = undefined;
      told.sort((one, other) => one.threadId - other.threadId);
      process.stdout.write(`memory ${JSON.stringify(told)}\n`);
    };
    channel.postMessage('tell');
    tellOnceAllAreThere();
  });
} else {
  // The others' answers come here too.
  channel.onmessage = async ({ data }) => {
    if (data === 'tell') channel.postMessage(await settledMemory());
  };
}
