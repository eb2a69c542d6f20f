import { afterAll } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { OutgoingInviteRequest } from '../../src/telephony/sip/outgoing-invite.ts';
import { UserAgent, type UserAgentOptions } from '../../src/telephony/sip/user-agent.ts';
import { openTcp } from '../../src/wire/tcp.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { WireKind } from '../../src/wire/wire.ts';
import { CallLog, request } from './sip-agents.ts';
import { sippCallee, sippCaller } from './sipp.ts';
import { type SippStep, sippScenario } from './sipp-scenario.ts';

export interface SippRun {
  readonly transport?: WireKind;
  /** The scenario gets repeated messages too, which sipp absorbs otherwise. */
  readonly seesRepetitions?: boolean;
  readonly options?: readonly string[];
  readonly agent?: Partial<UserAgentOptions>;
}

/** Calls between user agents of ours and sipp on loopback. What they open is closed after all tests of the file. */
export function sippCalls() {
  const closing: (() => Promise<void>)[] = [];
  afterAll(async () => {
    await Promise.all(closing.map((close) => close()));
  });

  async function openAgent(options: Partial<UserAgentOptions> = {}) {
    const local = { address: '127.0.0.1', port: 0 };
    const udp = await openUdp({ local, log: silentLogger });
    const tcp = await openTcp({ local, clock: systemClock, log: silentLogger });
    const clocked = { clock: systemClock, random: systemRandom, log: silentLogger };
    const agent = new UserAgent({ wires: [udp, tcp], ...clocked, product: 'test', ...options });
    closing.push(() => agent.close());
    return { agent, udp: udp.local, tcp: tcp.local };
  }

  return {
    /** Calls sipp, which does the steps as the callee. */
    call: async (steps: readonly SippStep[], run: SippRun & { readonly invite?: Partial<OutgoingInviteRequest> } = {}) => {
      const { transport = 'udp' } = run;
      const sipp = await sippCallee({ xml: sippScenario('callee', steps) }, transport, run.seesRepetitions, run.options);
      closing.push(() => sipp.stop());
      const { agent } = await openAgent(run.agent);
      const call = new CallLog();
      const credentials = { userName: 'user', password: 'secret' };
      const invite = agent.invite(request(transport, { to: { ...sipp.local, transport }, credentials, ...run.invite }), call);
      return { sipp, agent, call, invite };
    },
    /** Takes the call of sipp, which does the steps as the caller. */
    take: async (steps: readonly SippStep[], onInvite: (invite: IncomingInvite) => void, run: SippRun = {}) => {
      const { transport = 'udp' } = run;
      const opened = await openAgent({ ...run.agent, onInvite });
      const to = transport === 'tcp' ? opened.tcp : opened.udp;
      const options = [...(run.seesRepetitions ? ['-nr'] : []), ...(run.options ?? [])];
      const sipp = await sippCaller({ xml: sippScenario('caller', steps) }, transport, to, 'test', options);
      closing.push(() => sipp.stop());
      return { sipp, agent: opened.agent };
    },
  };
}
