import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../kernel/clock.ts';
import { systemRandom } from '../../kernel/random.ts';
import { opusModule } from '../audio/opus-module.ts';
import { openDgramSocket } from '../rtp/dgram-socket.ts';
import { LocalMedia } from './local-media.ts';
import type { MediaCommand, WorkerSettings } from './protocol.ts';
import { WorkerService } from './worker-service.ts';

// The thread that carries sound. It imports little on purpose: each thread has its own copy of everything.
const port = parentPort;
if (!port) throw new Error('worker-main.ts runs in a worker thread only');

// Compiled now, so that the first call in Opus does not hold up the others.
opusModule();

const settings: WorkerSettings = workerData;
const media = new LocalMedia({ ...settings, clock: systemClock, random: systemRandom, openSocket: openDgramSocket });
const service = new WorkerService(media, (event) => port.postMessage(event));

port.on('message', (commands: readonly MediaCommand[]) => {
  if (service.carryOut(commands)) return;
  // What is told while closing still arrives: the port delivers what was posted before it is closed.
  void media.close().then(() => port.close());
});
port.postMessage({ kind: 'ready' });
