import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { RegistrationClient } from '../../src/telephony/sip/registration-client.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import type { PhoneUser } from './registered-phones.ts';
import type { SoakedAudio } from './soaked-audio.ts';
import { ANSWER_AFTER_MS, after, HANG_UP_AFTER_MS, LOOPBACK } from './soaked-callee.ts';
import { testPort } from './test-port.ts';

/** A phone leaves the server after so many calls. */
const CALLS_UNTIL_IT_LEAVES = 2;
const EXPIRES_SECONDS = 600;
/** Phones register again and again while they are not called. */
const REGISTRATIONS_BEFORE_A_CALL = 4;
/** A server that is busy takes no registration (503). */
const TRY_AGAIN_MS = 500;
const MOST_TRIES = 100;

/** A phone at which nobody else rings meanwhile. */
export interface TakenPhone {
  readonly user: PhoneUser;
  /** Lets others have it. Now and then the phone leaves the server before. */
  giveBack(): Promise<void>;
}

export interface SoakedPhones {
  /** Waits for a phone, and has it register, also when it is registered already. */
  take(): Promise<TakenPhone>;
  readonly counts: () => PhoneCounts;
  close(): Promise<void>;
}

export interface PhoneCounts {
  /** How often phones have registered, and how often left. */
  readonly registered: number;
  readonly left: number;
  /** REGISTERs that were sent again, as the server had no time. */
  readonly triedAgain: number;
  /** Calls that they have answered. */
  readonly answered: number;
}

interface Phone {
  readonly user: PhoneUser;
  readonly registration: RegistrationClient;
  calls: number;
}

export interface SoakedPhonesOptions {
  readonly server: Endpoint;
  readonly users: readonly PhoneUser[];
  readonly audio: SoakedAudio;
}

/** Phones of users, all at one port, that answer, and hang up after a while. */
export async function soakedPhones({ server, users, audio }: SoakedPhonesOptions): Promise<SoakedPhones> {
  const udp = await openUdp({ local: { address: LOOPBACK, port: await testPort() }, log: silentLogger });
  const counts = { registered: 0, left: 0, triedAgain: 0, answered: 0 };
  const hop = { ...server, transport: 'udp' } as const;
  const uriOf = (user: string): string => `sip:${user}@${server.address}:${server.port}`;
  const agent = new UserAgent({
    ...{ wires: [udp], clock: systemClock, random: systemRandom, log: silentLogger, product: 'phones' },
    // A call that is given up before its answer ends with an error here.
    onInvite: (invite) => void answer(invite).catch(() => undefined),
  });
  const phones = users.map((user): Phone => {
    const credentials = { userName: user.user, password: user.password };
    const registration = agent.registration({
      registrar: uriOf(user.user),
      address: uriOf(user.user),
      contactUser: user.user,
      credentials,
    });
    return { user, registration, calls: 0 };
  });
  const free = [...phones];
  const waiting: ((phone: Phone) => void)[] = [];

  async function answer(invite: IncomingInvite): Promise<void> {
    const name = /^sip:([^@]+)@/.exec(invite.requestUri)?.[1];
    if (!phones.some(({ user }) => user.user === name)) {
      invite.reject(404);
      return;
    }
    invite.ring();
    await after(ANSWER_AFTER_MS);
    const dialog = await invite.answer(audio.answer(invite.sdp ?? ''));
    counts.answered++;
    await after(HANG_UP_AFTER_MS);
    await dialog.bye();
  }

  async function register({ registration, user }: Phone, seconds: number): Promise<void> {
    for (let tries = 1; ; tries++) {
      const result = await registration.register(hop, seconds, new AbortController().signal);
      if (result.registered) {
        if (seconds > 0) counts.registered++;
        else counts.left++;
        return;
      }
      if (result.status !== 503 || tries === MOST_TRIES) throw new Error(`${user.user} is not registered: ${JSON.stringify(result)}`);
      counts.triedAgain++;
      await after(TRY_AGAIN_MS);
    }
  }

  async function giveBack(phone: Phone): Promise<void> {
    if (++phone.calls % CALLS_UNTIL_IT_LEAVES === 0) await register(phone, 0);
    const next = waiting.shift();
    if (next) next(phone);
    else free.push(phone);
  }

  return {
    async take() {
      const phone = free.pop() ?? (await new Promise<Phone>((resolve) => waiting.push(resolve)));
      for (let times = 0; times < REGISTRATIONS_BEFORE_A_CALL; times++) await register(phone, EXPIRES_SECONDS);
      return { user: phone.user, giveBack: () => giveBack(phone) };
    },
    counts: () => ({ ...counts }),
    close: () => agent.close(),
  };
}
