import { describe, expect, it } from 'vitest';
import { serverOfFile } from '../support/file-server.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { hearing } from '../support/heard-tones.ts';
import { latestSession, newAccount, type RealServer, saveFlow } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip, registeredLinphoneConsole } from '../support/registered-phones.ts';

let server: RealServer;
const closing = serverOfFile((started) => {
  server = started;
});

/** A flow that dials this user for whoever dials anything. */
const dialling = (userId: string) =>
  flowOf({
    dial: ['DialNode', { User: userId, AnsweredBy: into('Who'), Done: to('done'), NoAnswer: to('nobody') }],
    done: ['HangUpNode', { Outcome: from('Session', 'Who') }],
    nobody: ['HangUpNode', { Outcome: 'Nobody' }],
  });

let accounts = 0;

describe('a user dials another', () => {
  it.each(['udp', 'tcp'] as const)('who has registered baresip over %s: each hears the tone of the other', async (transport) => {
    const account = await newAccount(server.child, 5060);
    accounts += 1;
    const called = await newPhoneUser(account, `called${accounts}`);
    const calling = await newPhoneUser(account, `calling${accounts}`, await saveFlow(account, dialling(called.id)));
    // One after the other: each looks for ports that are free.
    const caller = await registeredBaresip(calling, server.sip.port, { transport, toneHz: 440 });
    closing.push(caller.close);
    const callee = await registeredBaresip(called, server.sip.port, { transport, toneHz: 1000 });
    closing.push(callee.close);
    await caller.command('dial', '4000');
    await callee.seen('CALL_ESTABLISHED');
    await Promise.all([hearing(1000, caller), hearing(440, callee)]);
    await callee.command('hangup');
    const session = await latestSession(account, ({ ended }) => ended === true);
    expect(session).toMatchObject({ outcome: called.user, fromAddress: calling.user });
    expect(await callee.log()).toMatch(new RegExp(`From: .*sip:${calling.user}@`));
  });

  it.each(['opus', 'g722', 'g711'] as const)('whose baresip has nothing but %s: each hears the tone of the other', async (codec) => {
    const account = await newAccount(server.child, 5060);
    accounts += 1;
    const called = await newPhoneUser(account, `called${accounts}`);
    const calling = await newPhoneUser(account, `calling${accounts}`, await saveFlow(account, dialling(called.id)));
    const caller = await registeredBaresip(calling, server.sip.port, { codecs: ['g711'], toneHz: 440 });
    closing.push(caller.close);
    const callee = await registeredBaresip(called, server.sip.port, { codecs: [codec], toneHz: 1000 });
    closing.push(callee.close);
    await caller.command('dial', '4000');
    await callee.seen('CALL_ESTABLISHED');
    await Promise.all([hearing(1000, caller), hearing(440, callee)]);
    await callee.command('hangup');
    expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ outcome: called.user });
  });

  it('who has registered linphone: each hears the tone of the other', async () => {
    const account = await newAccount(server.child, 5060);
    accounts += 1;
    const called = await newPhoneUser(account, `called${accounts}`);
    const calling = await newPhoneUser(account, `calling${accounts}`, await saveFlow(account, dialling(called.id)));
    const callee = await registeredLinphoneConsole(called, server.sip.port, 1000);
    closing.push(callee.close);
    const caller = await registeredBaresip(calling, server.sip.port, { toneHz: 440 });
    closing.push(caller.close);
    await caller.command('dial', '4000');
    await caller.seen('CALL_ESTABLISHED');
    await Promise.all([hearing(1000, caller), hearing(440, callee)]);
    callee.command('terminate');
    const session = await latestSession(account, ({ ended }) => ended === true);
    expect(session).toMatchObject({ outcome: called.user, fromAddress: calling.user });
  });

  it('who has registered no phone: nobody answers', async () => {
    const account = await newAccount(server.child, 5060);
    accounts += 1;
    const called = await newPhoneUser(account, `called${accounts}`);
    const calling = await newPhoneUser(account, `calling${accounts}`, await saveFlow(account, dialling(called.id)));
    const caller = await registeredBaresip(calling, server.sip.port);
    closing.push(caller.close);
    await caller.command('dial', '4000');
    expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ outcome: 'Nobody' });
  });
});
