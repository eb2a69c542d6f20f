import type { RequestOf } from '../../contracts/dto.ts';
import type { NewFlow } from '../../contracts/flows.ts';
import type { SessionInfo } from '../../contracts/sessions.ts';
import { measureSound } from '../heard.ts';
import type { PhoneEvent, TimedPhoneEvent } from '../phone/phone-event.ts';

/** What a demo call left behind. */
export interface DemoRun {
  readonly events: readonly TimedPhoneEvent[];
  readonly session: SessionInfo;
  readonly flow: RequestOf<typeof NewFlow>;
  readonly digit: string;
  /** The bytes of the recording. @throws when there is none */
  readonly wav: () => Uint8Array;
  readonly requestedMs: number;
  readonly acceptedMs: number;
}

/** When the phone presses its digit: after greeting and question, which take 5.8 s. */
export const PRESS_AFTER_MS = 6200;
/** Of greeting and question, and of the sentence after the digit, so much must be heard: they have pauses between words. */
const LEAST_SOUND_BEFORE_MS = 3500;
const LEAST_SOUND_AFTER_MS = 1500;
const MOST_LENGTH_ERROR_MS = 500;
const MOST_LOST_PERCENT = 1;

/** Holds what the phone heard against what the flow should have said. Answers a summary for people and whether all was good. */
export function judgeDemo(run: DemoRun): { readonly good: boolean; readonly lines: readonly string[] } {
  const { session, requestedMs, acceptedMs } = run;
  const invite = eventOf(run, 'invite');
  const answered = eventOf(run, 'answered');
  const digit = eventOf(run, 'digit');
  const bye = eventOf(run, 'bye');
  const audio = eventOf(run, 'first-audio');
  const recording = eventOf(run, 'recording');
  if (!invite || !answered || !digit || !bye || !audio || !recording) {
    return {
      good: false,
      lines: [`FAILED  The call did not get through: the phone saw only ${run.events.map(({ event }) => event).join(', ')}.`],
    };
  }
  const talkMs = bye.atMs - answered.atMs;
  const wav = run.wav();
  const pressedMs = digit.atMs - answered.atMs;
  const before = measureSound(wav, 0, pressedMs);
  const after = measureSound(wav, pressedMs);
  const lostPercent = (audio.lost / Math.max(1, audio.packets + audio.lost)) * 100;
  const branch = branchOf(run);
  const checks = [
    check('the session ended as Completed', session.outcome === 'Completed'),
    check('the recording is as long as the call', Math.abs(recording.durationMs - talkMs) <= MOST_LENGTH_ERROR_MS),
    check('greeting and question were heard', before.soundMs >= LEAST_SOUND_BEFORE_MS),
    check('the sentence after the digit was heard', after.soundMs >= LEAST_SOUND_AFTER_MS),
    check('no audio was lost', lostPercent <= MOST_LOST_PERCENT),
    check(`the flow took the branch of the digit (${branch ?? 'none'})`, branch !== undefined && enteredNode(session, branch)),
  ];
  const good = checks.every(({ passed }) => passed);
  return {
    good,
    lines: [
      `request to INVITE at the phone  ${milliseconds(invite.atMs - requestedMs)}`,
      `request to its answer           ${milliseconds(acceptedMs - requestedMs)}`,
      `200 OK to the first audio       ${milliseconds(audio.afterAnswerMs)}`,
      `request to the end of the call  ${seconds(bye.atMs - requestedMs)}`,
      `audio                           ${audio.packets} packets, ${audio.lost} lost`,
      `heard                           ${seconds(recording.durationMs)}, of it ${seconds(recording.soundMs)} of speech at ${recording.loudnessDb} dB`,
      `recording                       ${recording.file}`,
      '',
      ...checks.map(({ what, passed }) => `${passed ? 'ok' : 'FAILED'}  ${what}`),
    ],
  };
}

/** The name of the node that the digit leads to, from the flow itself. */
function branchOf({ flow, digit }: DemoRun): string | undefined {
  const nodes = flow.nodes ?? [];
  const target = nodes.map(({ parameters }) => parameters?.[digit]?.value?.stringValue).find((id) => id !== undefined);
  return nodes.find(({ id }) => id !== undefined && id === target)?.name;
}

function enteredNode({ log }: SessionInfo, name: string): boolean {
  return (log ?? []).some(({ message }) => message?.startsWith(`${name} (`));
}

function eventOf<Kind extends PhoneEvent['event']>({ events }: DemoRun, kind: Kind) {
  return events.find((event): event is Extract<TimedPhoneEvent, { readonly event: Kind }> => event.event === kind);
}

function check(what: string, passed: boolean): { readonly what: string; readonly passed: boolean } {
  return { what, passed };
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
