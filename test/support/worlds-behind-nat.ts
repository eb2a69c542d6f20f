import { PHONE } from './call-world.ts';
import { targetAt } from './carriers.ts';
import { RebindingNat, severalNats } from './rebinding-nat.ts';

const DESK = '10.0.1.1';
/** That of the desk is private, as where the server and an office are in one company. */
const [TRUNK_OUTSIDE, DESK_OUTSIDE] = ['192.0.2.1', '10.0.9.7'] as const;
/** Of RTP a quarter of a second. */
const DATAGRAMS = 12;
/** Of the SIP of a phone that registers, so that each of its calls has several. */
const SIP_DATAGRAMS = 3;
const delayMs = { min: 0, max: 20 };

const beforeTrunk = (): RebindingNat => new RebindingNat(PHONE, TRUNK_OUTSIDE, DATAGRAMS, { isForwarded: true });
const beforeDesk = (): RebindingNat => new RebindingNat(DESK, DESK_OUTSIDE, DATAGRAMS, { sipPerBinding: SIP_DATAGRAMS });
const calledOutside = { phoneAt: TRUNK_OUTSIDE, targets: [targetAt(TRUNK_OUTSIDE)] };

/** The phones of the trunk are behind a NAT that forgets. */
export const trunkBehindNat = () => ({ faults: { nat: beforeTrunk(), delayMs }, ...calledOutside });

/** The phone at the desk is behind one. */
export const deskBehindNat = () => ({ faults: { nat: beforeDesk(), delayMs } });

/** Each of them is behind one of its own. */
export const bothBehindNat = () => ({ faults: { nat: severalNats(beforeTrunk(), beforeDesk()), delayMs }, ...calledOutside });
