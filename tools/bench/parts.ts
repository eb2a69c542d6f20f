import type { Row } from './report.ts';
import { measureSipParse } from './sip-parse.ts';
import { measureSrtp } from './srtp.ts';

/** What parts of Ringflow cost, each measured alone in this process. */
export function measureParts(rounds: number): Row[] {
  return [
    {
      what: 'SIP messages read per second of CPU',
      unit: '/s',
      values: measureSipParse(rounds),
      target: { limit: 200_000, better: 'higher' },
      asterisk: '',
    },
    {
      what: 'CPU that SRTP adds to a call and second',
      unit: 'ms',
      values: measureSrtp(rounds),
      target: { limit: 1, better: 'lower' },
      asterisk: '',
    },
  ];
}
