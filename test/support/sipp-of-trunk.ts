import { expect } from 'vitest';
import type { RealServer } from './real-server.ts';
import { sippCallee } from './sipp.ts';
import { type SippStep, sippScenario } from './sipp-scenario.ts';
import { lineTo, PATIENT, type Way } from './sipp-to-server.ts';

/** A sipp that the server reaches as a host of a trunk. */
export interface SippOfTrunk {
  /** The members of a target of a trunk: for the server it is there. */
  readonly target: { readonly host: string; readonly port: number; readonly transport: 'Udp' | 'Tcp' };
  /**
   * Waits until it has done its steps, with so many messages at the least: four, if absent. Then the server has repeated what the network had
   * lost. @throws when the server did something else
   */
  done(leastMessages?: number): Promise<void>;
  /** Whether it has done its steps, or given up. */
  isOver(): boolean;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Starts sipp, which does these steps when it is called or asked. `seed` decides what the network does. */
export async function sippOfTrunk({ sip }: RealServer, steps: readonly SippStep[], way: Way, seed: number): Promise<SippOfTrunk> {
  const line = await lineTo(sip, way, seed);
  const sipp = await sippCallee({ xml: sippScenario('callee', steps) }, way.transport, false, way.network === undefined ? [] : PATIENT);
  let isOver = false;
  void sipp.done.then(() => {
    isOver = true;
  });
  line.setFar(sipp.local.port);
  const { address: host, port } = line.atServer ?? sipp.local;
  return {
    target: { host, port, transport: way.transport === 'tcp' ? 'Tcp' : 'Udp' },
    done: async (leastMessages) => {
      expect(await sipp.done).toBe('');
      line.check(leastMessages);
    },
    isOver: () => isOver,
    close: async () => {
      await sipp.stop();
      await line.close();
    },
  };
}
