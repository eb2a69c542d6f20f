import type { Prompt } from '../telephony/port.ts';
import type { ConnectedCall } from './connected-call.ts';
import type { FlowOutcome, FlowRun, RedirectOrder } from './flow-run.ts';

/** The flow of a session, as far as the session moves it. */
export type SessionFlow = Pick<
  FlowRun,
  | 'prepare'
  | 'start'
  | 'redirect'
  | 'confer'
  | 'callEnded'
  | 'finishLater'
  | 'position'
  | 'callBeside'
  | 'goesOnAlone'
  | 'aloneOver'
  | 'endAlone'
>;

const neverAborted = new AbortController().signal;
/** How a call takes part in a conference that it is sent into. */
const ordinaryMember = {
  muted: false,
  moderator: false,
  waitsForModerator: false,
  endsOnExit: false,
  announcement: undefined,
  leaveKeys: '',
} as const;

/** What the call of a session does once it is answered: its flow, or what has taken the place of that. After the last of these it is hung up. */
export class SessionCourse {
  readonly #run: SessionFlow;
  readonly #onDone: () => void;
  #outcome: string | undefined;
  #over: Promise<void> = Promise.resolve();

  /** @param onDone is called when the call is about to be hung up because nothing is left to do with it */
  constructor(run: SessionFlow, onDone: () => void) {
    this.#run = run;
    this.#onDone = onDone;
  }

  /** The outcome that it has given to the call, if it has. */
  get outcome(): string | undefined {
    return this.#outcome;
  }

  /** Resolves when all of it is over. Never rejects. */
  get over(): Promise<void> {
    return this.#over;
  }

  /** Starts the flow: its first node begins before this returns. */
  start(connected: ConnectedCall): void {
    const { line, recording, conference } = connected;
    this.#over = this.#follow(this.#run.start(line, recording, conference), connected);
  }

  /** Takes the call out of its flow, and joins it with the first of these that answers. */
  redirect(connected: ConnectedCall, order: RedirectOrder): void {
    this.#instead(this.#run.redirect(order), connected);
  }

  /** Takes the call out of its flow and into the conference of this name, or one of its own. */
  confer(connected: ConnectedCall, name: string | undefined, music: Prompt): void {
    this.#instead(this.#run.confer({ ...ordinaryMember, name, music }), connected);
  }

  #instead(activity: Promise<FlowOutcome>, connected: ConnectedCall): void {
    const before = this.#over;
    const followed = this.#follow(activity, connected);
    void connected.line.drop();
    this.#over = Promise.all([before, followed]).then(() => undefined);
  }

  async #follow(activity: Promise<FlowOutcome>, { line: { leg } }: ConnectedCall): Promise<void> {
    const { outcome, interrupted } = await activity;
    if (interrupted) return;
    await leg.free(neverAborted);
    this.#onDone();
    this.#outcome = outcome;
    await leg.hangup();
  }
}
