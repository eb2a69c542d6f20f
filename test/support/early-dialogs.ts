import { seededRandom } from '../../src/kernel/random.ts';
import { LegMedia } from '../../src/telephony/leg-media.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { AudioCodec } from '../../src/telephony/media/media-port.ts';
import type { SrtpPolicy } from '../../src/telephony/port.ts';
import { newLocalSrtp } from '../../src/telephony/sdp/srtp-offer.ts';
import { offerAt } from './raw-caller.ts';
import { ringing } from './ringing-phones.ts';

const US = { address: '10.0.0.1', port: 5060 };
const never = new AbortController().signal;
const rules = { max: 1, terminators: '', firstMs: 1500, betweenMs: 1000 };

export interface Device {
  readonly codec?: AudioCodec;
  /** Absent: it has no SRTP. */
  readonly srtp?: SrtpPolicy;
  /** Where its SDP says that it is, when it is behind a NAT. */
  readonly saysToBeAt?: string;
}

/**
 * One call that rings at two devices with audio of their own, of which a test says every word of SIP: `phones`, each with an INVITE of its own; or
 * `forks`, to which a proxy has sent the only one.
 */
export async function earlyDialogs(how: 'phones' | 'forks', srtp: SrtpPolicy = 'off', both: readonly Device[] = [{}, { codec: 'PCMA' }]) {
  const addresses = ['10.0.1.1', '10.0.1.2'];
  const made = await ringing(how === 'phones' ? addresses : addresses.slice(0, 1), {}, [], srtp);
  const { world, state } = made;
  let requests = 0;
  const devices = await Promise.all(
    both.map(async ({ codec = 'PCMU', srtp: policy = 'off' }, at) => {
      const address = addresses[at] ?? '';
      const random = seededRandom(50 + at);
      const media = new LocalMedia({
        ...{ clock: world.clock, random, host: address, maxStreams: 1 },
        ...{ portRange: { first: 30_000, last: 30_009 }, openSocket: (local) => world.network.datagramSocket(local) },
      });
      const stream = await media.open();
      const keys = newLocalSrtp(policy, random);
      const offer = { address, port: stream.local.port, sessionId: '7', version: 1, codecs: [codec], telephoneEvent: 101 };
      return { address, media, stream, side: new LegMedia(stream, { ...offer, ...(keys && { srtp: keys }) }) };
    }),
  );
  const device = (at: number) => {
    const one = devices[at];
    if (!one) throw new Error('There is no such device');
    const { peer } = made.phone(how === 'phones' ? at : 0);
    return { ...one, peer };
  };
  const answers = devices.map(({ address }, at) => {
    const answer = device(at).side.offered(Buffer.from(device(at).peer.last('INVITE').body).toString());
    return answer?.replaceAll(address, both[at]?.saysToBeAt ?? address);
  });

  /** A response of a device, with its answer when `described`. */
  const say = async (at: number, status: number, { reliably = false, described = false } = {}): Promise<void> => {
    const { peer, address } = device(at);
    const headers = [
      ['Contact', `<sip:bob@${address}:5062>`],
      ...(reliably ? [['Require', '100rel'] as const, ['RSeq', '1'] as const] : []),
    ] as const;
    peer.reply(peer.last('INVITE'), status, US, { tag: address, headers, ...(described && { sdp: answers[at] ?? '' }) });
    await world.clock.advance(5);
    for (const prack of peer.received.filter((message) => message.kind === 'request' && message.method === 'PRACK').slice(-1)) {
      if (reliably && prack.kind === 'request') peer.reply(prack, 200, US);
    }
    await world.clock.advance(5);
  };
  /** A request of a device in its early dialog. */
  const ask = async (at: number, method: string, type: string, body: string): Promise<void> => {
    const { peer, address } = device(at);
    const invite = peer.last('INVITE').headers;
    const cSeq = ++requests;
    const lines = [
      `${method} sip:us@10.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP 10.0.1.1:5062;branch=z9hG4bKearly${cSeq};rport`,
      `From: ${invite.first('To')};tag=${address}`,
      `To: ${invite.first('From')}`,
      `Call-ID: ${invite.first('Call-ID')}`,
      `CSeq: ${cSeq} ${method}`,
      'Max-Forwards: 70',
      `Contact: <sip:bob@${address}:5062>`,
      `Content-Type: ${type}`,
    ];
    peer.send(`${lines.join('\n')}\n\n${body}`, US);
    await world.clock.advance(5);
  };
  /** Asks in an UPDATE for audio at another port. */
  const move = (at: number, port: number): Promise<void> => ask(at, 'UPDATE', 'application/sdp', offerAt(device(at).address, port));
  /** Tells a digit in an INFO. */
  const press = (at: number, digit: string): Promise<void> => ask(at, 'INFO', 'application/dtmf', digit);
  /** A digit each way: what each device hears of ours, and what we hear of both. */
  const talk = async () => {
    const call = state.call ?? state.early;
    const heard = devices.map(({ stream }) => stream.collect(rules, never));
    const here = call?.collect({ ...rules, max: 2 }, never);
    void call?.sendDigits('5', never);
    for (const [at, { stream }] of devices.entries()) void stream.sendDigits(String(at + 1), never);
    await world.clock.advance(3000);
    const there = await Promise.all(heard);
    return { here: (await here)?.digits, there: there.map(({ digits }) => digits) };
  };
  const finish = async (): Promise<void> => {
    for (const { media } of devices) await media.close();
    void made.placed.end();
    await world.clock.advance(1000);
    await made.finish();
  };
  return { ...made, device, say, move, press, talk, finish };
}
