import { type Static, Type } from 'typebox';
import { Check } from 'typebox/value';
import type { DialogState } from './dialog-state.ts';

const texts = Type.Array(Type.String());
const confirmed = Type.Object({
  phase: Type.Literal('confirmed'),
  role: Type.Union([Type.Literal('uac'), Type.Literal('uas')]),
  callId: Type.String(),
  localTag: Type.String(),
  remoteTag: Type.String(),
  local: Type.String(),
  remote: Type.String(),
  localCSeq: Type.Integer(),
  routeSet: texts,
  remoteTarget: Type.String(),
  contact: Type.String(),
  nextHop: Type.Object({ address: Type.String(), port: Type.Integer() }),
  transport: Type.Union([Type.Literal('udp'), Type.Literal('tcp'), Type.Literal('tls')]),
  invite: Type.Object({ cSeq: Type.Integer(), acked: Type.Boolean() }),
  allow: texts,
  supported: texts,
});

/** The state of a dialog that is up, as it was written down; undefined when it is anything else. Nothing of its session is read. */
export function readDialogState(written: unknown): DialogState | undefined {
  if (!Check(confirmed, written)) return undefined;
  const known: Static<typeof confirmed> = written;
  const { phase, role, callId, localTag, remoteTag, local, remote, localCSeq, routeSet, remoteTarget } = known;
  const { contact, nextHop, transport, invite, allow, supported } = known;
  const names = { callId, localTag, remoteTag, local, remote };
  return {
    phase,
    role,
    ...names,
    localCSeq,
    routeSet,
    remoteTarget,
    contact,
    nextHop,
    transport,
    invite,
    allow,
    supported,
    openOffer: 'none',
  };
}
