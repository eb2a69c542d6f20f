// A server process for tests that kill one: starts PostgreSQL in the directory given, says so, and goes on until it is killed.
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { startEmbedded } from '../../src/store/embedded/embedded-postgres.ts';

const server = await startEmbedded({ dataDir: process.argv[2] ?? '', clock: systemClock, random: systemRandom, log: silentLogger });
process.stdout.write(`${JSON.stringify({ pid: server.pid })}\n`);
