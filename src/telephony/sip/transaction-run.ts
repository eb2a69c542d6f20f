import type { Clock, Timer } from '../../kernel/clock.ts';
import {
  type CommonEvent,
  T1_MS,
  type Table,
  type TimerName,
  type TransactionAction,
  type TransactionContext,
} from './transaction-step.ts';

/** What a running transaction does to the world. `message` is the one that the event brought. */
export interface TransactionEffects<Message> {
  send(): void;
  sendAck(message: Message): void;
  passUp(message: Message): void;
  timedOut(): void;
  transportFailed(): void;
  connectionBroken(): void;
  /** The transaction is over: it has no timer left. */
  terminated(): void;
}

/**
 * Runs one transaction: feeds events to its table, carries out the actions and owns its timers. There are at most two at a
 * time: one for retransmissions (A, E or G), and one that ends the state (all others).
 */
export class TransactionRun<State extends string, Event extends string, Message> implements TransactionContext {
  readonly reliable: boolean;
  intervalMs = T1_MS;
  #state: State;
  readonly #table: Table<State, Event>;
  readonly #clock: Clock;
  readonly #effects: TransactionEffects<Message>;
  #retransmission: Timer | undefined;
  #lifetime: Timer | undefined;

  constructor(table: Table<State, Event>, first: State, reliable: boolean, clock: Clock, effects: TransactionEffects<Message>) {
    this.#table = table;
    this.#state = first;
    this.reliable = reliable;
    this.#clock = clock;
    this.#effects = effects;
  }

  /** Takes one event. `message` must be given with events whose rows pass it up or acknowledge it. */
  take(event: Event | CommonEvent, message?: Message): void {
    const before = this.#state;
    const step = this.#table(before, event, this);
    this.#state = step.next;
    for (const action of step.actions) this.#act(action, message);
    if (step.next === 'terminated' && before !== 'terminated') this.#effects.terminated();
  }

  /** Forgets both timers, for when another run takes this one's place. */
  stop(): void {
    this.#retransmission?.cancel();
    this.#lifetime?.cancel();
  }

  #act(action: TransactionAction, message: Message | undefined): void {
    if (typeof action === 'object') {
      if ('set' in action) this.#set(action.set, action.ms);
      else this.#timerOf(action.stop)?.cancel();
      return;
    }
    switch (action) {
      case 'send':
        this.#effects.send();
        return;
      case 'send ACK':
        if (message !== undefined) this.#effects.sendAck(message);
        return;
      case 'pass up':
        if (message !== undefined) this.#effects.passUp(message);
        return;
      case 'report timeout':
        this.#effects.timedOut();
        return;
      case 'report transport error':
        this.#effects.transportFailed();
        return;
      case 'report broken connection':
        this.#effects.connectionBroken();
        return;
    }
  }

  #timerOf(name: TimerName): Timer | undefined {
    return isRetransmission(name) ? this.#retransmission : this.#lifetime;
  }

  #set(name: TimerName, ms: number): void {
    this.#timerOf(name)?.cancel();
    const timer = this.#clock.after(ms, () => this.take(`timer ${name}`));
    if (isRetransmission(name)) {
      this.#retransmission = timer;
      this.intervalMs = ms;
    } else {
      this.#lifetime = timer;
    }
  }
}

function isRetransmission(name: TimerName): boolean {
  return name === 'A' || name === 'E' || name === 'G';
}
