import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { buildApp } from '../../src/http/app.ts';
import type { BoundOperation } from '../../src/http/handler.ts';
import type { HttpSettings } from '../../src/http/serving-options.ts';
import type { Logger } from '../../src/kernel/log.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { basic, type FakeServices, fakeServices } from './fake-services.ts';

export interface TestApp {
  readonly app: FastifyInstance;
  readonly services: FakeServices;
  readonly clock: VirtualClock;
  /** What was written as errors into the log. */
  readonly logged: Readonly<Record<string, unknown>>[];
  /** Sends a request as the manager, unless it says who. */
  send(request: InjectOptions): Promise<LightMyRequestResponse>;
}

/** The HTTP application over fake services, without a socket. Bodies may have 4 KiB, those with a flow and batches 8. @param operations instead of all that there are. */
export function testApp(settings: HttpSettings = {}, operations?: readonly BoundOperation[]): TestApp {
  const services = fakeServices();
  const clock = new VirtualClock();
  const logged: Readonly<Record<string, unknown>>[] = [];
  const log: Logger = { ...silentLogger, error: (fields) => void logged.push(fields) };
  const app = buildApp({ ...settings, services, log, clock, random: seededRandom(1), bodyLimits: { usual: 4096, long: 8192 } }, operations);
  return {
    app,
    services,
    clock,
    logged,
    send: (request) => app.inject({ ...request, headers: { authorization: basic('manager'), ...request.headers } }),
  };
}
