import { join } from 'node:path';
import { CallbackSender } from './callbacks/callback-sender.ts';
import { jsonPoster } from './callbacks/post-json.ts';
import { addressCheck } from './callbacks/public-address.ts';
import { resolveName } from './callbacks/resolve-name.ts';
import type { RunningServer } from './cli/commands/serve.ts';
import type { Settings } from './cli/settings.ts';
import { Accounts } from './directory/accounts.ts';
import { ApiKeys } from './directory/api-keys.ts';
import { AuthTokens } from './directory/auth-tokens.ts';
import { BearerTokens } from './directory/bearer-tokens.ts';
import { DialledEndpoints } from './directory/dialled-endpoints.ts';
import { Endpoints } from './directory/endpoints.ts';
import { FileDisk } from './directory/file-disk.ts';
import { Files } from './directory/files.ts';
import { firstStart } from './directory/first-start.ts';
import { Flows } from './directory/flows.ts';
import { PasswordHasher } from './directory/password-hash.ts';
import { PhoneNumbers } from './directory/phone-numbers.ts';
import { SignIn } from './directory/sign-in.ts';
import { SIP_REALM } from './directory/sip-secrets.ts';
import { SipUserDirectory } from './directory/sip-users.ts';
import { TargetHealth } from './directory/target-health.ts';
import { TeamEndpoints } from './directory/team-endpoints.ts';
import { TrunkRegistrations } from './directory/trunk-registrations.ts';
import { TrunkSources } from './directory/trunk-sources.ts';
import { Trunks } from './directory/trunks.ts';
import { UserEndpoints } from './directory/user-endpoints.ts';
import { UserRoles } from './directory/user-roles.ts';
import { Users } from './directory/users.ts';
import { startServer } from './http/server.ts';
import { systemClock as clock } from './kernel/clock.ts';
import type { Logger } from './kernel/log.ts';
import { systemRandom as random } from './kernel/random.ts';
import { CompiledFlows } from './sessions/compiled-flows.ts';
import { loadHoldMusic } from './sessions/hold-music.ts';
import { LeftRecordings } from './sessions/left-recordings.ts';
import { LostSessions } from './sessions/lost-sessions.ts';
import { RecordingFolder } from './sessions/recording-folder.ts';
import { speakSavedFlows } from './sessions/saved-flows.ts';
import { SessionQueries } from './sessions/session-queries.ts';
import { SessionService } from './sessions/session-service.ts';
import { accountSounds, sessionRecordings } from './sessions/session-sounds.ts';
import { Speech } from './speech/speech.ts';
import { openStore } from './store/open-store.ts';
import { readSecretKey, secretBox } from './store/secret-box.ts';
import { openTelephony } from './telephony/open-telephony.ts';
import { Refusals } from './telephony/refusals.ts';
import { version } from './version.ts';
import { cachedDns } from './wire/dns-cache.ts';
import { DomainSources } from './wire/domain-sources.ts';
import { systemDns } from './wire/system-dns.ts';

/** When callers may try again while the server starts. */
const STARTING_SECONDS = 5;

/** Closes what was opened, the last first. */
class Opened {
  readonly #closers: (() => Promise<unknown>)[] = [];

  add<Resource extends { close(): Promise<unknown> }>(resource: Resource): Resource {
    this.#closers.push(() => resource.close());
    return resource;
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) await close();
  }
}

/**
 * Starts a server: the only place that knows every part and joins them.
 * @throws AppError BAD_SETTING with a sentence that names the setting; nothing is left running then.
 */
export async function startRingflow(settings: Settings, log: Logger): Promise<RunningServer> {
  const opened = new Opened();
  try {
    return await start(settings, log, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function start(settings: Settings, log: Logger, opened: Opened): Promise<RunningServer> {
  const { dataDir } = settings;
  const recordingFolder = await RecordingFolder.open(join(dataDir, 'recordings'), { clock, random });
  const secret = await readSecretKey(settings.secretKey, dataDir);
  const box = secretBox(secret);
  const carried: { by?: SessionService } = {};
  const store = opened.add(
    await openStore({
      databaseUrl: settings.databaseUrl,
      dataDir,
      version,
      clock,
      random,
      log,
      onLostSessions: (ids) => carried.by?.abandon(ids),
    }),
  );
  const speech = opened.add(await Speech.open({ cacheDir: join(dataDir, 'prompts'), log }));
  const music = await loadHoldMusic(settings.holdMusic, speech);
  const { changes } = store;
  const users = new SipUserDirectory({ endpoints: store.endpoints, bindings: store.bindings, changes, box, clock });
  const refusals = opened.add(new Refusals({ clock, log }));
  const dns = cachedDns(systemDns(), clock);
  const sourcesOf = (host: string, isDomain: boolean) => new DomainSources(dns, host, isDomain);
  const trunkSources = opened.add(new TrunkSources({ endpoints: store.endpoints, changes, sourcesOf, clock, log }));
  const { telephony, certificates, sip } = await openTelephony({
    sip: { addresses: settings.sipHosts, port: settings.sipPort },
    tls: {
      port: settings.sipTlsPort,
      certificate: settings.sipTlsCertificate,
      key: settings.sipTlsKey,
      ca: settings.sipTlsCa,
      requireClientCertificate: settings.sipTlsRequireClientCertificate,
    },
    publicAddresses: settings.publicAddresses ?? [],
    dns,
    rtpPorts: settings.rtpPorts,
    mediaThreads: settings.mediaThreads,
    users,
    digest: { realm: SIP_REALM, algorithms: settings.sipDigest },
    refusals,
    limits: {
      perSecond: settings.sipRateLimit,
      knownPerSecond: settings.sipTrunkRateLimit,
      connections: settings.sipConnections,
      knownConnections: settings.sipTrunkConnections,
    },
    isKnownSource: (address) => trunkSources.knows(address),
    onIncoming: (call) => (carried.by ? carried.by.incoming(call) : call.reject(503, STARTING_SECONDS)),
    product: `Ringflow/${version}`,
    clock,
    random,
    log,
  });
  opened.add(telephony);
  opened.add(certificates);
  const mayReach = addressCheck(settings.callbackNetworks);
  const post = jsonPoster({ mayReach, resolve: resolveName, clock });
  const callbacks = opened.add(new CallbackSender({ post, mayReach, product: `Ringflow/${version}`, clock, log }));

  const hasher = new PasswordHasher();
  const tokens = new BearerTokens(secret, clock);
  const signIn = new SignIn({ users: store.users, apiKeys: store.apiKeys, tokens, changes, hasher, clock, random });
  const flows = new Flows({ flows: store.flows, changes, clock, random });
  const phoneNumbers = new PhoneNumbers({ endpoints: store.endpoints, flows, changes, clock, random });
  const trunks = new Trunks({ endpoints: store.endpoints, changes, box, clock, random });
  const targetHealth = opened.add(new TargetHealth({ endpoints: store.endpoints, changes, telephony, clock, random, log }));
  const registrations = opened.add(
    new TrunkRegistrations({
      endpoints: store.endpoints,
      changes,
      box,
      telephony,
      isOurs: () => store.workers.isOldest(),
      clock,
      random,
      log,
    }),
  );
  const files = new Files({ files: store.files, disk: await FileDisk.open(join(dataDir, 'files')), changes, speech, clock, random });
  const left = opened.add(new LeftRecordings({ folder: recordingFolder, sessions: store.sessionReader, files, clock, log }));
  const compiledFlows = new CompiledFlows(flows);
  const stopping = new AbortController();
  opened.add({ close: async () => stopping.abort(new Error('The server stops')) });
  const sounds = (accountId: string) => accountSounds(speech, files, music, accountId);
  speakSavedFlows({ changes, flows, compiledFlows, sounds, clock, log, signal: stopping.signal });

  const sessions = new SessionService({
    owner: store.workers.id,
    telephony,
    store: store.sessions,
    reader: store.sessionReader,
    schedule: store.schedule,
    callbacks,
    changes,
    journal: store.sessionWriter,
    queries: new SessionQueries(store.sessionReader, store.sessionWriter),
    directory: {
      flows,
      compiledFlows,
      phoneNumbers,
      trunks,
      trunkSources,
      users,
      endpoints: new DialledEndpoints({ endpoints: store.endpoints, changes }),
    },
    box,
    refusals,
    targetHealth,
    conferenceMembers: settings.conferenceMembers,
    flowParts: ({ id, accountId, endpointId, direction, trunkId, fromAddress, toAddress, extras }, { flow, parameters }) => ({
      flow: flow.compiled,
      known: {
        session: { Id: id, From: fromAddress, To: toAddress, ForwardedFrom: extras?.forwardedFrom ?? '' },
        endpoint: {
          Id: endpointId,
          // What a user calls by has no number.
          ...((direction === 'outbound' || trunkId !== undefined) && { PhoneNumber: direction === 'inbound' ? toAddress : fromAddress }),
        },
        ...(parameters && { parameters }),
      },
      sounds: sounds(accountId),
      recordings: sessionRecordings(files, recordingFolder, { accountId, sessionId: id }, (recording) => left.add(recording)),
      loadFlow: (flowId) => compiledFlows.find(accountId, flowId),
      clock,
    }),
    clock,
    random,
    log,
  });
  // A start that fails after this must not leave calls, or the look for those that wait.
  opened.add({ close: () => sessions.stop(0) });
  carried.by = sessions;

  const administrator = await firstStart({
    users: store.users,
    accounts: store.accounts,
    hasher,
    clock,
    random,
    emailAddress: settings.adminEmail,
    password: settings.adminPassword,
  });
  const lost = opened.add(new LostSessions({ workers: store.workers, telephony, isShared: store.mode === 'server', clock, log }));
  await lost.start();
  await left.start();
  sessions.start();

  const http = opened.add(
    await startServer({
      host: settings.httpHost,
      port: settings.httpPort,
      publicUrl: settings.publicUrl,
      trustedProxies: settings.trustedProxies,
      corsOrigins: settings.corsOrigins,
      strictAuthBodies: settings.strictAuthBodies,
      requestsPerSecond: settings.rateLimit,
      services: {
        signIn,
        authTokens: new AuthTokens({ users: store.users, tokens }),
        apiKeys: new ApiKeys({ apiKeys: store.apiKeys, clock, random }),
        userRoles: new UserRoles({ users: store.users, clock }),
        accounts: new Accounts({ accounts: store.accounts, clock, random }),
        users: new Users({ users: store.users, accounts: store.accounts, hasher, clock, random }),
        endpoints: new Endpoints({ endpoints: store.endpoints, targetHealth, registrations, flows, box, clock }),
        phoneNumbers,
        sipRefusals: refusals,
        trunks,
        userEndpoints: new UserEndpoints({ endpoints: store.endpoints, bindings: store.bindings, flows, box, clock, random }),
        teamEndpoints: new TeamEndpoints({ endpoints: store.endpoints, clock, random }),
        flows,
        files,
        sessions,
      },
      log,
    }),
  );

  let stopped: Promise<void> | undefined;
  return {
    httpAddress: http.address,
    sipAddress: sip.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)).join(' and '),
    generatedAdminPassword: administrator?.madePassword,
    reload: () => certificates.renew(),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };

  async function stop(): Promise<void> {
    void store.workers.drain();
    await sessions.stop(settings.drainSeconds * 1000);
    await opened.close();
  }
}
