import type { Fault } from './fault.ts';

/** Wire, addresses, encryption of media, and what keeps strangers out. */
export const transports: readonly Fault[] = [
  {
    name: 'What a phone or carrier puts into a header ends it and begins another',
    file: 'src/telephony/sip/write-message.ts',
    find: 'if (breaksLine(value)) throw new SipWriteError(`The value of ${name} holds a line end or NUL`);',
    replace: '',
    test: 'src/telephony/sip/write-message.test.ts',
  },
];
