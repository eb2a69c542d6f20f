import type { EndpointInfo } from '../contracts/endpoints.ts';
import { isId } from '../kernel/ids.ts';
import type { Changes } from '../store/changes.ts';
import type { EndpointRepository } from '../store/endpoint-repository.ts';
import type { DigitTransport } from '../telephony/port.ts';
import { Remembered } from './remembered.ts';
import { digitTransports } from './trunks.ts';

export interface DialledEndpointsOptions {
  readonly endpoints: Pick<EndpointRepository, 'find'>;
  readonly changes: Pick<Changes, 'subscribe'>;
}

/** An endpoint that a flow can call. */
export type DialledEndpoint =
  | { readonly type: 'PhoneNumber'; readonly e164: string }
  | {
      readonly type: 'User';
      readonly userId: string;
      readonly userName: string;
      readonly displayName: string;
      /** How digits are sent to the phones; absent: in the audio stream. */
      readonly digits?: DigitTransport;
    }
  | { readonly type: 'Team'; readonly memberIds: readonly string[] };

const MOST_REMEMBERED = 10_000;

/** The endpoints that flows can call, by their id; from memory after the first time. */
export class DialledEndpoints {
  readonly #remembered: Remembered<EndpointInfo>;

  constructor({ endpoints, changes }: DialledEndpointsOptions) {
    this.#remembered = new Remembered((id) => endpoints.find(id), MOST_REMEMBERED);
    changes.subscribe((change) => {
      if (!change) this.#remembered.forget();
      else if (change.kind === 'endpoint') this.#remembered.forget(change.id);
    });
  }

  /** Undefined: the account has no such endpoint, or it is none that can be called. @throws AppError STORE_UNAVAILABLE */
  async find(accountId: string, endpointId: string): Promise<DialledEndpoint | undefined> {
    const id = endpointId.toLowerCase();
    const info = isId(id) ? await this.#remembered.get(id) : undefined;
    return info?.accountId === accountId ? dialledEndpoint(id, info) : undefined;
  }
}

function dialledEndpoint(
  id: string,
  { type, phoneNumber, sipUserName, memberIds = [], displayName = '', digits }: EndpointInfo,
): DialledEndpoint | undefined {
  if (type === 'PhoneNumber' && phoneNumber !== undefined) return { type, e164: phoneNumber };
  if (type === 'User' && sipUserName !== undefined)
    return { type, userId: id, userName: sipUserName, displayName, ...(digits && { digits: digitTransports[digits] }) };
  if (type === 'Team') return { type, memberIds };
  return undefined;
}
