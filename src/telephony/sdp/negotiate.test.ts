import { describe, expect, test } from 'vitest';
import { C, failureOf, offer, phone, sdp } from '../../../test/support/sdp-texts.ts';
import { type AgreedMedia, audioCodecs } from '../media/media-port.ts';
import { answerOffer, type LocalMedia, type Offer, readAnswer, writeOffer } from './negotiate.ts';

const remote = { address: '198.51.100.7', port: 30002 };

describe('writeOffer', () => {
  test('offers the codecs in order, telephone-event, 20 ms and both directions', () => {
    expect(writeOffer(offer).split('\r\n')).toEqual([
      'v=0',
      'o=- 1234567890 1 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=audio 20000 RTP/AVP 0 8 101',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      'a=ptime:20',
      'a=sendrecv',
      'a=rtcp-mux',
      '',
    ]);
  });

  test('offers exactly the codecs that it is told to, in their order', () => {
    const lines = writeOffer({ ...offer, codecs: ['G722', 'PCMA'] }).split('\r\n');
    expect(lines[5]).toBe('m=audio 20000 RTP/AVP 9 8 101');
    expect(lines.slice(6, 8)).toEqual(['a=rtpmap:9 G722/8000', 'a=rtpmap:8 PCMA/8000']);
  });

  test('offers Opus with two channels, and telephone-event for each clock rate', () => {
    const lines = writeOffer({ ...offer, codecs: ['opus', 'G722'] }).split('\r\n');
    expect(lines.slice(5, 14)).toEqual([
      'm=audio 20000 RTP/AVP 111 9 101 102',
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:101 telephone-event/48000',
      'a=rtpmap:102 telephone-event/8000',
      'a=fmtp:111 maxplaybackrate=16000;stereo=0;useinbandfec=1',
      'a=fmtp:101 0-16',
      'a=fmtp:102 0-16',
      'a=ptime:20',
    ]);
  });

  test('gives no payload type twice', () => {
    for (const telephoneEvent of [96, 111, 112, 126, 127]) {
      const [, types = ''] = /^m=audio \d+ RTP\/AVP (.*)\r$/m.exec(writeOffer({ ...offer, codecs: audioCodecs, telephoneEvent })) ?? [];
      const dynamic = types.split(' ').filter((type) => Number(type) >= 96 && Number(type) <= 127);
      expect(new Set(dynamic).size).toBe(3);
    }
  });

  test('names the address family of an IPv6 address', () => {
    const text = writeOffer({ ...offer, address: '2001:db8::1' });
    expect(text).toContain('o=- 1234567890 1 IN IP6 2001:db8::1\r\n');
    expect(text).toContain('c=IN IP6 2001:db8::1\r\n');
  });
});

describe('readAnswer', () => {
  const answers: readonly (readonly [what: string, lines: readonly string[], agreed: AgreedMedia])[] = [
    [
      'the usual answer',
      [
        C,
        't=0 0',
        'm=audio 30002 RTP/AVP 0 101',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-15',
        'a=sendrecv',
      ],
      { remote, codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv' },
    ],
    [
      'static payload types without rtpmap, no telephone-event',
      [C, 't=0 0', 'm=audio 30002 RTP/AVP 8'],
      { remote, codec: 'PCMA', payloadType: 8, direction: 'sendrecv' },
    ],
    [
      'the order of the answer, not ours; codecs that were not offered are passed over, and all others may come',
      [C, 't=0 0', 'm=audio 30002 RTP/AVP 9 8 0', 'a=rtpmap:9 G722/8000'],
      { remote, codec: 'PCMA', payloadType: 8, accepts: [{ codec: 'PCMU', payloadType: 0 }], direction: 'sendrecv' },
    ],
    [
      'one codec under two payload types: ours have the first, and both may come',
      [C, 't=0 0', 'm=audio 30002 RTP/AVP 96 0 97', 'a=rtpmap:96 PCMA/8000', 'a=rtpmap:97 PCMA/8000'],
      {
        remote,
        codec: 'PCMA',
        payloadType: 96,
        accepts: [
          { codec: 'PCMU', payloadType: 0 },
          { codec: 'PCMA', payloadType: 97 },
          { codec: 'PCMA', payloadType: 8 },
        ],
        direction: 'sendrecv',
      },
    ],
    [
      'other payload types, names in any case, one channel written out',
      [C, 't=0 0', 'm=audio 30002 RTP/AVP 96 97', 'a=rtpmap:96 pcmu/8000/1', 'a=rtpmap:97 Telephone-Event/8000'],
      {
        remote,
        codec: 'PCMU',
        payloadType: 96,
        telephoneEvent: 97,
        accepts: [
          { codec: 'PCMU', payloadType: 0 },
          { codec: 'telephone-event', payloadType: 101 },
        ],
        direction: 'sendrecv',
      },
    ],
    [
      'telephone-event of another clock rate does not count',
      [C, 't=0 0', 'm=audio 30002 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/16000'],
      { remote, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' },
    ],
    [
      'a rtpmap of telephone-event that the m-line does not list does not count',
      [C, 't=0 0', 'm=audio 30002 RTP/AVP 0', 'a=rtpmap:101 telephone-event/8000'],
      { remote, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' },
    ],
    [
      'c= of the media goes before c= of the session',
      ['c=IN IP4 203.0.113.9', 't=0 0', 'm=audio 30002 RTP/AVP 0', C],
      { remote, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' },
    ],
    [
      'IPv6',
      ['c=IN IP6 2001:db8::7', 't=0 0', 'm=audio 30002 RTP/AVP 0'],
      { remote: { address: '2001:db8::7', port: 30002 }, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' },
    ],
    [
      'the peer only sends',
      [C, 't=0 0', 'm=audio 30002 RTP/AVP 0', 'a=sendonly'],
      { remote, codec: 'PCMU', payloadType: 0, direction: 'recvonly' },
    ],
    [
      'the peer only receives, said at session level',
      [C, 't=0 0', 'a=recvonly', 'm=audio 30002 RTP/AVP 0'],
      { remote, codec: 'PCMU', payloadType: 0, direction: 'sendonly' },
    ],
    [
      'the direction of the media goes before that of the session',
      [C, 't=0 0', 'a=recvonly', 'm=audio 30002 RTP/AVP 0', 'a=inactive'],
      { remote, codec: 'PCMU', payloadType: 0, direction: 'inactive' },
    ],
    [
      'hold by address',
      ['c=IN IP4 0.0.0.0', 't=0 0', 'm=audio 30002 RTP/AVP 0'],
      { remote: { address: '0.0.0.0', port: 30002 }, codec: 'PCMU', payloadType: 0, direction: 'recvonly' },
    ],
    [
      'hold by address of a peer that sends nothing either',
      ['c=IN IP6 ::', 't=0 0', 'm=audio 30002 RTP/AVP 0', 'a=recvonly'],
      { remote: { address: '::', port: 30002 }, codec: 'PCMU', payloadType: 0, direction: 'inactive' },
    ],
    [
      'several streams: the first audio stream that was taken',
      [
        C,
        't=0 0',
        'm=video 40000 RTP/AVP 96',
        'a=rtpmap:96 H264/90000',
        'm=audio 0 RTP/AVP 0',
        'm=audio 30002 RTP/AVP 8',
        'm=audio 30004 RTP/AVP 0',
      ],
      { remote, codec: 'PCMA', payloadType: 8, direction: 'sendrecv' },
    ],
    [
      'a count of ports, and lines nobody knows',
      [
        C,
        't=0 0',
        'q=?',
        'a=__proto__:polluted',
        'm=audio 30002/2 RTP/AVP 0',
        'a=candidate:1 1 udp 1 198.51.100.7 1 typ host',
        'a=sendonlyish',
      ],
      { remote, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' },
    ],
  ];
  test.each(answers)('%s', (_what, lines, agreed) => {
    expect(readAnswer({ ...offer, otherAddress: '2001:db8::1' }, sdp(...lines))).toEqual(agreed);
  });

  test('lines may end with LF alone', () => {
    expect(readAnswer(offer, sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP 0').replaceAll('\r', ''))).toMatchObject({ codec: 'PCMU' });
  });

  const failures: readonly (readonly [reason: string, what: string, text: string])[] = [
    ['rejected', 'port 0', sdp(C, 't=0 0', 'm=audio 0 RTP/AVP 0')],
    ['no-audio', 'only video', sdp(C, 't=0 0', 'm=video 40000 RTP/AVP 96')],
    ['no-audio', 'no media at all', sdp(C, 't=0 0')],
    ['no-codec', 'a codec that was not offered', sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP 18 101', 'a=rtpmap:101 telephone-event/8000')],
    ['no-codec', 'a number of ours with another meaning', sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP 0', 'a=rtpmap:0 PCMU/16000')],
    ['no-codec', 'G.722 with its sample rate for a clock rate', sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP 9', 'a=rtpmap:9 G722/16000')],
    ['no-codec', 'two channels', sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000/2')],
    ['no-codec', 'no formats', sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP')],
    ['no-protocol', 'SRTP was not offered', sdp(C, 't=0 0', 'm=audio 30002 RTP/SAVP 0')],
    ['no-address', 'no c= line', sdp('t=0 0', 'm=audio 30002 RTP/AVP 0')],
    ['no-address', 'a host name', sdp('c=IN IP4 phone.example', 't=0 0', 'm=audio 30002 RTP/AVP 0')],
    ['no-address', 'the wrong family', sdp('c=IN IP6 198.51.100.7', 't=0 0', 'm=audio 30002 RTP/AVP 0')],
    ['no-address', 'multicast with a time to live', sdp('c=IN IP4 224.2.1.1/127', 't=0 0', 'm=audio 30002 RTP/AVP 0')],
    ['no-address', 'a family that we lack', sdp('c=IN IP6 2001:db8::7', 't=0 0', 'm=audio 30002 RTP/AVP 0')],
    ['no-address', 'an IPv6 zone', sdp('c=IN IP6 fe80::1%eth0', 't=0 0', 'm=audio 30002 RTP/AVP 0')],
    ['malformed', 'empty', ''],
    ['malformed', 'no SDP', 'hello'],
    ['malformed', 'another version', 'v=1\r\n'],
    ['malformed', 'a port that is too large', sdp(C, 't=0 0', 'm=audio 65536 RTP/AVP 0')],
    ['malformed', 'a port that is no number', sdp(C, 't=0 0', 'm=audio x RTP/AVP 0')],
    ['too-large', 'too many characters', sdp(C, `i=${'x'.repeat(900)}\r\n`.repeat(20))],
    ['too-large', 'too many lines', sdp(C, 'a=x\r\n'.repeat(600))],
    ['too-large', 'a line that is too long', sdp(C, `i=${'x'.repeat(1100)}`)],
    ['too-large', 'too many media lines', sdp(C, 't=0 0', ...Array.from({ length: 17 }, () => 'm=audio 0 RTP/AVP 0'))],
  ];
  test.each(failures)('%s: %s', (reason, _what, text) => {
    expect(failureOf(() => readAnswer(offer, text))).toBe(reason);
  });
});

describe('an answer with Opus', () => {
  const wide: Offer = { ...offer, codecs: ['opus', 'PCMU'] };
  const answerOf = (formats: string, ...lines: string[]) => readAnswer(wide, sdp(C, 't=0 0', `m=audio 30002 RTP/AVP ${formats}`, ...lines));

  test('with numbers of its own: those count for what we send, and ours too for what comes', () => {
    expect(
      answerOf('96 97', 'a=rtpmap:96 OPUS/48000/2', 'a=fmtp:96 usedtx=1', 'a=rtpmap:97 telephone-event/48000', 'a=fmtp:97 0-15'),
    ).toEqual({
      remote,
      codec: 'opus',
      payloadType: 96,
      telephoneEvent: 97,
      accepts: [
        { codec: 'opus', payloadType: 111 },
        { codec: 'telephone-event', payloadType: 101 },
      ],
      direction: 'sendrecv',
    });
  });

  test('with telephone-event of the common clock only', () => {
    expect(answerOf('111 102', 'a=rtpmap:111 opus/48000/2', 'a=rtpmap:102 telephone-event/8000')).toEqual({
      remote,
      codec: 'opus',
      payloadType: 111,
      telephoneEvent: 102,
      telephoneEventRate: 8000,
      direction: 'sendrecv',
    });
  });

  test('with telephone-event of both clocks: that of the codec counts', () => {
    const both = ['a=rtpmap:111 opus/48000/2', 'a=rtpmap:101 telephone-event/48000', 'a=rtpmap:102 telephone-event/8000'];
    expect(answerOf('102 101 111', ...both)).toMatchObject({ codec: 'opus', telephoneEvent: 101 });
    expect(answerOf('102 101 0', ...both)).toMatchObject({ codec: 'PCMU', telephoneEvent: 102 });
  });

  test('that names one channel, or another clock, is none', () => {
    expect(failureOf(() => answerOf('111', 'a=rtpmap:111 opus/48000'))).toBe('no-codec');
    expect(failureOf(() => answerOf('111', 'a=rtpmap:111 opus/8000/2'))).toBe('no-codec');
  });
});

describe('answerOffer', () => {
  test('takes the first codec of the offer, and its payload types', () => {
    const { answer, agreed } = answerOffer(writeOffer({ ...offer, codecs: ['PCMA', 'PCMU'], telephoneEvent: 110 }), phone);
    expect(agreed).toEqual({
      remote: { address: '192.0.2.1', port: 20000 },
      rtcp: { address: '192.0.2.1', port: 20000 },
      codec: 'PCMA',
      payloadType: 8,
      telephoneEvent: 110,
      direction: 'sendrecv',
    });
    expect(answer.split('\r\n')).toEqual([
      'v=0',
      'o=- 77 3 IN IP4 198.51.100.7',
      's=-',
      'c=IN IP4 198.51.100.7',
      't=0 0',
      'm=audio 30002 RTP/AVP 8 110',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:110 telephone-event/8000',
      'a=fmtp:110 0-16',
      'a=ptime:20',
      'a=sendrecv',
      'a=rtcp-mux',
      '',
    ]);
  });

  test('names the first payload type only of a codec that is offered under two', () => {
    const lines = ['m=audio 30002 RTP/AVP 96 97', 'a=rtpmap:96 PCMU/8000', 'a=rtpmap:97 PCMU/8000'];
    const { answer, agreed } = answerOffer(sdp(C, 't=0 0', ...lines), phone);
    expect(answer).toContain('m=audio 30002 RTP/AVP 96\r\n');
    expect(agreed).toMatchObject({ codec: 'PCMU', payloadType: 96 });
    expect(agreed).not.toHaveProperty('accepts');
  });

  test('takes comfort noise when it is offered, for codecs of its clock', () => {
    const types = (formats: string, ...lines: string[]): string | undefined =>
      /^m=audio \d+ RTP\/AVP (.*)\r$/m.exec(
        answerOffer(sdp(C, 't=0 0', `m=audio 30002 RTP/AVP ${formats}`, ...lines), wideband).answer,
      )?.[1];
    const wideband: LocalMedia = { ...phone, codecs: audioCodecs };
    expect(types('0 13')).toBe('0 13');
    expect(types('9 13', 'a=rtpmap:13 CN/8000')).toBe('9 13');
    expect(types('0 13', 'a=rtpmap:13 CN/16000')).toBe('0');
    expect(types('111 13', 'a=rtpmap:111 opus/48000/2')).toBe('111');
  });

  test('refuses every other stream in its place with port 0 and one of its formats, and repeats the time', () => {
    const text = sdp(
      C,
      't=3034423619 3042462419',
      'm=video 40000 RTP/AVP 96 97',
      'm=audio 30002 RTP/AVP 0',
      'm=audio 30004 RTP/AVP 0',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    );
    const { answer } = answerOffer(text, phone);
    expect(answer).toContain('t=3034423619 3042462419\r\n');
    expect(answer.split('\r\n').filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 96',
      'm=audio 30002 RTP/AVP 0',
      'm=audio 0 RTP/AVP 0',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
    ]);
  });

  const directions: readonly (readonly [offered: string, ours: AgreedMedia['direction']])[] = [
    ['sendrecv', 'sendrecv'],
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
  ];
  test.each(directions)('offered %s, answered %s', (offered, ours) => {
    const { answer, agreed } = answerOffer(sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP 0', `a=${offered}`), phone);
    expect(agreed.direction).toBe(ours);
    expect(answer).toContain(`a=${ours}\r\n`);
  });

  test('takes no payload type that RTP has no room for', () => {
    const lines = ['m=audio 30002 RTP/AVP 300 0 301', 'a=rtpmap:300 PCMA/8000', 'a=rtpmap:301 telephone-event/8000'];
    const { agreed } = answerOffer(sdp(C, 't=0 0', ...lines), phone);
    expect(agreed).toMatchObject({ codec: 'PCMU', payloadType: 0 });
    expect(agreed).not.toHaveProperty('telephoneEvent');
  });

  test('agrees to nothing when no stream can be taken', () => {
    expect(failureOf(() => answerOffer(sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP 18'), phone))).toBe('no-codec');
    expect(failureOf(() => answerOffer(sdp(C, 't=0 0'), phone))).toBe('no-audio');
  });
});
