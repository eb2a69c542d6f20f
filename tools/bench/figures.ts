import type { DriverResult, SearchResult } from './kit.ts';
import type { Row } from './report.ts';

export const CONCURRENT_CALLS = 100;

/** Everything that a run measures. */
export interface Measured {
  /** The first calls of a new process. */
  readonly cold: DriverResult;
  /** Repeats of the same run. */
  readonly short: readonly DriverResult[];
  readonly hangup: readonly DriverResult[];
  readonly ivr: DriverResult;
  /** Repeats of the same run. */
  readonly concurrent: readonly DriverResult[];
  readonly rate: SearchResult | undefined;
  readonly concurrency: SearchResult | undefined;
  readonly idleMiB: number;
  readonly perCallMiB: number;
  readonly startMs: readonly number[];
  /** The rows of what was measured alone. */
  readonly parts: readonly Row[];
}

/** The figures of a whole run, beside the project's targets and Asterisk's figures. */
export function rowsOf({ cold, short, hangup, ivr, concurrent, rate, concurrency, idleMiB, perCallMiB, startMs, parts }: Measured): Row[] {
  const lower = (limit: number): Pick<Row, 'target'> => ({ target: { limit, better: 'lower' } });
  const known = (value: number | null | undefined): number[] => (value === null || value === undefined ? [] : [value]);
  const ofShort = (pick: (run: DriverResult) => number | null): number[] => short.flatMap((run) => known(pick(run)));
  const ofSearch = (result: SearchResult | undefined): number[] => (result ? [result.max_pass] : []);
  return [
    {
      what: 'CPU per call, 1 s prompt, 50/s',
      unit: 'ms',
      values: ofShort((run) => run.sut.cpu_ms_per_call),
      ...lower(5),
      asterisk: '8.0 with a Node flow application, 5.4 alone',
    },
    { what: 'The same, first 400 calls of a process', unit: 'ms', values: [cold.sut.cpu_ms_per_call], asterisk: '' },
    { what: 'CPU per call, hang up on answer, 50/s', unit: 'ms', values: hangup.map(({ sut }) => sut.cpu_ms_per_call), asterisk: '2.5' },
    {
      what: 'CPU per call, prompt, digit, branch, prompt, 25/s',
      unit: 'ms',
      values: [ivr.sut.cpu_ms_per_call],
      asterisk: '12.4 with a Node flow application',
    },
    {
      what: `CPU per concurrent call and second, ${CONCURRENT_CALLS} up`,
      unit: 'ms',
      values: concurrent.flatMap((run) => known(run.sut.plateau?.cpu_ms_per_call_s)),
      ...lower(0.6),
      asterisk: '1.85',
    },
    ...parts,
    { what: 'Request to INVITE, 50/s, p50', unit: 'ms', values: ofShort((run) => run.ms.sent_to_invite.p50), ...lower(3), asterisk: '2.0' },
    {
      what: 'Request to INVITE, 50/s, p99',
      unit: 'ms',
      values: ofShort((run) => run.ms.sent_to_invite.p99),
      ...lower(10),
      asterisk: '3.8',
    },
    {
      what: '200 OK to first RTP, 50/s, p50',
      unit: 'ms',
      values: ofShort((run) => run.ms.answer_to_rtp.p50),
      ...lower(1),
      asterisk: '0.88',
    },
    {
      what: '200 OK to first RTP, 50/s, p99',
      unit: 'ms',
      values: ofShort((run) => run.ms.answer_to_rtp.p99),
      ...lower(5),
      asterisk: '2.2',
    },
    {
      what: 'Correct calls, 50/s',
      unit: '%',
      values: ofShort((run) => (run.ok / run.n) * 100),
      target: { limit: 100, better: 'higher' },
      asterisk: '100',
    },
    {
      what: 'Highest sustained rate, 1 s prompt',
      unit: 'calls/s',
      values: ofSearch(rate),
      asterisk: '375 alone, 313 with a Node flow application',
    },
    { what: 'Most concurrent calls, < 1 % lost or late', unit: 'calls', values: ofSearch(concurrency), asterisk: '600 to 800' },
    { what: 'Memory, idle, database included', unit: 'MiB', values: [idleMiB], ...lower(220), asterisk: '55.5 (RSS, no database)' },
    { what: 'Memory per call, 100 up, in a warm process', unit: 'MiB', values: [perCallMiB], ...lower(0.4), asterisk: '0.3 to 0.5 (RSS)' },
    { what: 'Start to ready, existing data folder', unit: 'ms', values: startMs, ...lower(2000), asterisk: '270' },
  ];
}

/** The most CPU that anything but the run used, in cores. */
export function otherLoad({ cold, short, hangup, ivr, concurrent }: Measured): number {
  return Math.max(...[cold, ...short, ...hangup, ivr, ...concurrent].map((run) => run.machine.others_cores));
}
