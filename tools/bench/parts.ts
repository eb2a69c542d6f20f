import { measureBareRecording } from './bare-recording.ts';
import { measureBareRelay, measureBridge } from './bridge.ts';
import { measureCodecs } from './codecs.ts';
import { measureConference } from './conference.ts';
import { measureRecording, measureRecordingOnce } from './recording.ts';
import type { Row } from './report.ts';
import { lengthOf, measureSipParse, partsRead } from './sip-parse.ts';
import { measureSrtp } from './srtp.ts';
import { measureSrtpCipher } from './srtp-cipher.ts';

/** A turn varies by as much as recording adds: of 24 the median is off by about 0.04 ms. */
const RECORDING_REPEATS = 8;

/** Between bare sockets it varies by less. */
const BARE_RECORDING_REPEATS = 4;

/** SRTP adds more, but is the difference of two turns too. */
const SRTP_REPEATS = 2;

/** What parts of Ringflow cost, each measured alone in this process. */
export async function measureParts(rounds: number): Promise<Row[]> {
  return [
    {
      what: 'SIP messages parsed per second of CPU: start line, headers, body',
      unit: '/s',
      values: measureSipParse(rounds, lengthOf),
      target: { limit: 200_000, better: 'higher' },
      asterisk: '',
    },
    {
      what: 'The same, and every Via, address, URI and CSeq in them read too',
      unit: '/s',
      values: measureSipParse(rounds, partsRead),
      asterisk: '',
    },
    {
      what: 'CPU per bridged PCMU call and second, 50 up',
      unit: 'ms',
      values: await measureBridge(rounds),
      target: { limit: 1.2, better: 'lower' },
      asterisk: '',
    },
    { what: 'The same datagrams between bare sockets', unit: 'ms', values: await measureBareRelay(rounds), asterisk: '' },
    {
      what: 'CPU per conference member and second, 50 in one room, 3 speak',
      unit: 'ms',
      values: await measureConference(rounds, 3),
      asterisk: '',
    },
    {
      what: 'CPU per conference member and second, 50 in one room, all speak',
      unit: 'ms',
      values: await measureConference(rounds, 50),
      asterisk: '',
    },
    {
      what: 'CPU that SRTP adds to a bridged PCMU call and second, one leg encrypted, 50 up',
      unit: 'ms',
      values: await measureSrtp(SRTP_REPEATS * rounds, 1),
      target: { limit: 1, better: 'lower' },
      asterisk: '',
    },
    {
      what: 'CPU that SRTP adds to a bridged PCMU call and second, both legs encrypted, 50 up',
      unit: 'ms',
      values: await measureSrtp(SRTP_REPEATS * rounds, 2),
      asterisk: '',
    },
    {
      what: 'CPU to protect and unprotect a second of RTP, the cipher alone',
      unit: 'ms',
      values: measureSrtpCipher(rounds),
      asterisk: '',
    },
    {
      what: 'CPU that recording in stereo adds to a bridged call and second, while it goes on',
      unit: 'ms',
      values: await measureRecording(RECORDING_REPEATS * rounds),
      target: { limit: 0.3, better: 'lower' },
      asterisk: '',
    },
    {
      what: 'The same between bare sockets: decoded where it comes, and written',
      unit: 'ms',
      values: await measureBareRecording(BARE_RECORDING_REPEATS * rounds),
      asterisk: '',
    },
    {
      what: 'CPU of the beginning and the end of a recording, once',
      unit: 'ms',
      values: await measureRecordingOnce(rounds),
      asterisk: '',
    },
    ...measureCodecs(rounds),
  ];
}
