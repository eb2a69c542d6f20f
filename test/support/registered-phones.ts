import { vi } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { NewSipPassword, NewUserEndpoint } from '../../src/contracts/endpoints.ts';
import { type Baresip, type BaresipOptions, startBaresip } from './baresip.ts';
import { type Linphone, startLinphone } from './linphone.ts';
import { type LinphoneConsole, startLinphoneConsole } from './linphone-console.ts';

/** A user with a SIP password. */
export interface PhoneUser {
  readonly id: string;
  readonly user: string;
  readonly password: string;
}

/** Makes a user through the API. `flowId` runs when the user dials. */
export async function newPhoneUser({ api }: ReadyAccount, user: string, flowId?: string): Promise<PhoneUser> {
  const { id = '' } = await api.call(NewUserEndpoint, { sipUserName: user, firstName: user, ...(flowId !== undefined && { flowId }) });
  const { password = '' } = await api.call(NewSipPassword, { id });
  return { id, user, password };
}

/** Starts baresip and waits until it has registered at the server on this port. */
export async function registeredBaresip(
  { user, password }: PhoneUser,
  port: number,
  options: Omit<BaresipOptions, 'user' | 'registrar'> & { readonly transport?: 'udp' | 'tcp' | 'tls'; readonly address?: string } = {},
): Promise<Baresip> {
  const { transport = 'udp', address, ...more } = options;
  const phone = await startBaresip({ ...more, user, registrar: { address, port, transport, password } });
  await vi.waitFor(async () => said(await phone.log(), '[1 binding]'), { timeout: 10_000, interval: 100 });
  return phone;
}

/** Starts linphone, which answers by itself, and waits until it has registered at the server on this port. */
export async function registeredLinphone({ user, password }: PhoneUser, port: number, transport: 'udp' | 'tcp' = 'udp'): Promise<Linphone> {
  const phone = await startLinphone();
  phone.command(`register sip:${user}@127.0.0.1:${port} sip:127.0.0.1:${port};transport=${transport} ${password}`);
  const look = (): void => {
    phone.command('register-status ALL');
    said(phone.latest(/State: (\w+)/g), 'LinphoneRegistrationOk');
  };
  await vi.waitFor(look, { timeout: 10_000, interval: 200 });
  return phone;
}

/** Starts linphonec, which answers by itself, speaks with this tone and keeps what it hears, and waits until it has registered. */
export async function registeredLinphoneConsole({ user, password }: PhoneUser, port: number, toneHz: number): Promise<LinphoneConsole> {
  const phone = await startLinphoneConsole({ sipPort: -1, toneHz, codecs: ['PCMU'] });
  phone.command(`register sip:${user}@127.0.0.1:${port} sip:127.0.0.1:${port} ${password}`);
  try {
    const look = (): void => {
      phone.command('status register');
      said(phone.latest(/(registered, identity=)/g), 'registered');
    };
    await vi.waitFor(look, { timeout: 10_000, interval: 200 });
  } catch (error) {
    await phone.close();
    throw error;
  }
  return phone;
}

function said(text: string, wanted: string): void {
  if (!text.includes(wanted)) throw new Error(`The phone has not registered: ${text}`);
}
