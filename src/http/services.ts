import type { Readable } from 'node:stream';
import type { DeleteAccount, GetAccount, ListAccounts, NewAccount, NewUser, PatchAccount, UserInfo } from '../contracts/accounts.ts';
import type { DeleteApiKey, ListApiKeys, NewApiKey } from '../contracts/api-keys.ts';
import type { AssignRoles, RequestAuthToken, UnAssignRoles } from '../contracts/authentication.ts';
import type { PlaceCall } from '../contracts/calls.ts';
import type { AddConferenceMember, ConferenceSession, PatchConferenceMember } from '../contracts/conferences.ts';
import type { RequestOf, ResponseOf } from '../contracts/dto.ts';
import type {
  BuyPhoneNumber,
  DeleteEndpoint,
  GetEndpoint,
  ListEndpoints,
  NewSipPassword,
  NewSipTrunk,
  NewUserEndpoint,
  PatchEndpoint,
} from '../contracts/endpoints.ts';
import type { Page } from '../contracts/entities.ts';
import type { DeleteFile, GetFile, ListFiles, NewFile } from '../contracts/files.ts';
import type { DeleteFlow, GetFlow, ListAvailableNodes, ListFlows, NewFlow, PatchFlow } from '../contracts/flows.ts';
import type {
  AddSessionLog,
  HoldSession,
  ListSessions,
  NewOutgoingSession,
  PatchSession,
  RecordSession,
  RedirectSession,
  RejectSession,
  SessionInfo,
} from '../contracts/sessions.ts';
import type { NewTeamEndpoint } from '../contracts/teams.ts';
import type { IssuedToken } from '../directory/bearer-tokens.ts';
import type { Principal } from '../directory/principal.ts';

/** A method of a service that answers an operation. */
type Answering<O> = (principal: Principal, request: RequestOf<O>) => Promise<ResponseOf<O>>;
/** A method of a service that answers an operation without a response. */
type Doing<O> = (principal: Principal, request: RequestOf<O>) => Promise<void>;

/** A login that is open. */
export interface OpenedLogin {
  /** For the cookie `ss-id`. */
  readonly temporaryId: string;
  /** For the cookie `ss-pid`. */
  readonly permanentId: string;
  readonly expiresAtMs: number;
}

/** An uploaded file, as it came. */
export interface Upload {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** The bytes of a stored file. */
export interface FileContent {
  readonly stream: Readable;
  readonly contentType: string;
  readonly contentLength: number;
  readonly fileName?: string;
}

/** What the handlers call. Each method checks itself what the principal has access to, and throws errors of the catalogue. */
export interface Services {
  readonly signIn: {
    /** @throws AppError WRONG_PASSWORD, TOO_MANY_SIGN_INS. `source` is what failures are counted by: the address of the peer. */
    byPassword(emailAddress: string, password: string, source: string): Promise<Principal>;
    open(principal: Principal, options: { permanent: boolean }): Promise<OpenedLogin>;
    /** The principal of a bearer token or an API key. */
    byBearer(text: string): Promise<Principal | undefined>;
    byApiKey(key: string): Promise<Principal | undefined>;
    /** The principal of either id of an open login. */
    byCookie(id: string): Promise<Principal | undefined>;
    /** Ends the login of this id, if there is one. */
    close(id: string): Promise<void>;
  };
  readonly authTokens: {
    /** A token of the login itself. */
    issue(principal: Principal): Promise<IssuedToken>;
    /** A token of another login. */
    readonly request: Answering<typeof RequestAuthToken>;
  };
  readonly apiKeys: {
    readonly list: Answering<typeof ListApiKeys>;
    readonly create: Answering<typeof NewApiKey>;
    readonly remove: Doing<typeof DeleteApiKey>;
  };
  readonly userRoles: {
    readonly assign: Answering<typeof AssignRoles>;
    readonly unassign: Answering<typeof UnAssignRoles>;
  };
  readonly accounts: {
    readonly list: Answering<typeof ListAccounts>;
    readonly get: Answering<typeof GetAccount>;
    readonly create: Answering<typeof NewAccount>;
    readonly patch: Answering<typeof PatchAccount>;
    readonly remove: Doing<typeof DeleteAccount>;
  };
  readonly users: {
    readonly create: Answering<typeof NewUser>;
    info(principal: Principal): Promise<UserInfo>;
  };
  readonly endpoints: {
    readonly list: Answering<typeof ListEndpoints>;
    readonly get: Answering<typeof GetEndpoint>;
    readonly patch: Answering<typeof PatchEndpoint>;
    readonly remove: Doing<typeof DeleteEndpoint>;
  };
  readonly phoneNumbers: { readonly create: Answering<typeof BuyPhoneNumber> };
  readonly trunks: { readonly create: Answering<typeof NewSipTrunk> };
  readonly userEndpoints: {
    readonly create: Answering<typeof NewUserEndpoint>;
    readonly newPassword: Answering<typeof NewSipPassword>;
  };
  readonly teamEndpoints: { readonly create: Answering<typeof NewTeamEndpoint> };
  readonly flows: {
    readonly list: Answering<typeof ListFlows>;
    readonly get: Answering<typeof GetFlow>;
    readonly create: Answering<typeof NewFlow>;
    readonly patch: Answering<typeof PatchFlow>;
    readonly remove: Doing<typeof DeleteFlow>;
    readonly availableNodes: Answering<typeof ListAvailableNodes>;
  };
  readonly files: {
    readonly list: Answering<typeof ListFiles>;
    readonly get: Answering<typeof GetFile>;
    readonly remove: Doing<typeof DeleteFile>;
    upload(principal: Principal, request: RequestOf<typeof NewFile>, upload: Upload): Promise<ResponseOf<typeof NewFile>>;
    content(principal: Principal, fileId: string): Promise<FileContent>;
  };
  /** How many SIP requests were refused since the start, by reason, and the last addresses that they came from. */
  readonly sipRefusals: {
    readonly sinceMs: number;
    readonly all: readonly {
      readonly reason: string;
      readonly count: number;
      readonly sources: readonly { readonly address: string; readonly lastMs: number }[];
    }[];
  };
  readonly sessions: {
    /** Resolves when the session is durable. The same `idempotencyKey` of a login is one call, and has one answer. */
    createOutgoing(principal: Principal, request: RequestOf<typeof NewOutgoingSession>, idempotencyKey?: string): Promise<SessionInfo>;
    /** As `createOutgoing`. */
    place(principal: Principal, request: RequestOf<typeof PlaceCall>, idempotencyKey?: string): Promise<SessionInfo>;
    get(principal: Principal, sessionId: string): Promise<SessionInfo>;
    list(principal: Principal, request: RequestOf<typeof ListSessions>): Promise<Page<SessionInfo>>;
    /** Ends one of its calls, when `callSid` names it. */
    end(principal: Principal, sessionId: string, callSid?: string): Promise<void>;
    /** For sessions whose call is on. */
    readonly live: {
      readonly redirect: Doing<typeof RedirectSession>;
      readonly hold: Answering<typeof HoldSession>;
      readonly patch: Answering<typeof PatchSession>;
      readonly record: Doing<typeof RecordSession>;
      readonly reject: Doing<typeof RejectSession>;
      readonly addLog: Doing<typeof AddSessionLog>;
    };
    /** For those in conferences. Each answers the session as it is then. */
    readonly conferences: {
      readonly start: Answering<typeof ConferenceSession>;
      readonly addMember: Answering<typeof AddConferenceMember>;
      readonly patchMember: Answering<typeof PatchConferenceMember>;
    };
    /** Whether the server takes no new calls because it is about to stop. */
    readonly draining: boolean;
  };
}
