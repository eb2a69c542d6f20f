// Which folder may import which. Checked by `npm run layers`; every rule is proved by a planted violation in tools/check-layers.test.ts.

/** The order of the layers, top first. Each may import those below it, never one above. */
const layers = ['http', 'sessions', 'directory', 'flow', 'speech', 'telephony', 'wire', 'kernel'];

/** Inside telephony, top first in each list: what carries calls, and what carries sound, know nothing of each other. */
const signalling = ['sip', 'sdp'];
const sound = ['media', 'rtp', 'audio'];

const tests = '(\\.test\\.ts$|^test/)';
const production = (path) => ({ path, pathNot: tests });
const folders = (names) => `^src/(${names.join('|')})/`;

const noImportUp = layers.slice(1, -1).map((layer, index) => ({
  name: `no-import-up-from-${layer}`,
  comment: `${layer} may not import ${layers.slice(0, index + 1).join(', ')}: ${layers.join(' > ')}.`,
  severity: 'error',
  from: production(`^src/${layer}/`),
  to: { path: folders(layers.slice(0, index + 1)) },
}));

/** Folders beside the layers, and all that they may import. */
const besides = {
  contracts: ['contracts', 'kernel'],
  formats: ['formats', 'contracts', 'kernel'],
  codegen: ['codegen', 'formats', 'contracts', 'kernel'],
  store: ['store', 'contracts', 'kernel'],
  callbacks: ['callbacks', 'contracts', 'kernel'],
};

const besideRules = Object.entries(besides).map(([folder, allowed]) => ({
  name: `${folder}-imports-only-what-it-may`,
  comment: `${folder} may import ${allowed.join(', ')} only.`,
  severity: 'error',
  from: production(`^src/${folder}/`),
  to: { path: '^src/', pathNot: folders(allowed) },
}));

module.exports = {
  forbidden: [
    ...noImportUp,
    ...besideRules,
    {
      name: 'kernel-imports-nothing-of-ours',
      comment: 'The last layer: what stands beside the layers is out of its reach too.',
      severity: 'error',
      from: production('^src/kernel/'),
      to: { path: '^src/', pathNot: '^src/kernel/' },
    },
    {
      name: 'contracts-are-pure',
      comment: 'A contract is data: no input or output.',
      severity: 'error',
      from: production('^src/contracts/'),
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'contracts-know-only-the-schema-library',
      severity: 'error',
      from: production('^src/contracts/'),
      to: { path: 'node_modules/', pathNot: 'node_modules/typebox/' },
    },
    {
      name: 'store-is-used-below-sessions',
      comment: 'Nobody else sees rows and statements.',
      severity: 'error',
      from: { path: '^src/', pathNot: `${folders(['store', 'sessions', 'directory', 'jobs'])}|^src/main\\.ts$|${tests}` },
      to: { path: '^src/store/' },
    },
    {
      name: 'formats-are-used-by-http-and-codegen',
      severity: 'error',
      from: { path: '^src/', pathNot: `${folders(['formats', 'codegen', 'http'])}|^src/main\\.ts$|${tests}` },
      to: { path: '^src/formats/' },
    },
    {
      name: 'callbacks-are-sent-by-sessions',
      severity: 'error',
      from: { path: '^src/', pathNot: `${folders(['callbacks', 'sessions'])}|^src/main\\.ts$|${tests}` },
      to: { path: '^src/callbacks/' },
    },
    {
      name: 'codegen-is-used-by-http',
      comment: 'What is made from the contract for people and clients: pages, types, descriptions.',
      severity: 'error',
      from: { path: '^src/', pathNot: `${folders(['codegen', 'http'])}|${tests}` },
      to: { path: '^src/codegen/' },
    },
    {
      name: 'flows-see-only-the-port',
      comment: 'Above telephony a call is a CallLeg: no SIP, no RTP, no sockets.',
      severity: 'error',
      from: production(folders(['http', 'sessions', 'directory', 'flow'])),
      to: { path: '^src/(telephony|wire)/', pathNot: '^src/(telephony/(port\\.ts$|audio/)|wire/wire\\.ts$)' },
    },
    {
      name: 'nodes-see-only-the-port',
      comment: 'A node type is one file: it knows its definition, the parts that nodes share, the call and the contract.',
      severity: 'error',
      from: { path: '^src/flow/nodes/', pathNot: `\\.gen\\.ts$|${tests}` },
      to: { path: '^src/', pathNot: '^src/(flow/(define-node|phone-keys|prompt-request)\\.ts$|telephony/port\\.ts$|contracts/|kernel/)' },
    },
    {
      name: 'nodes-do-no-io',
      severity: 'error',
      from: production('^src/flow/nodes/'),
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'signalling-knows-no-sound',
      comment: 'SDP may speak of media in the words of media-port.ts.',
      severity: 'error',
      from: production(`^src/telephony/(${signalling.join('|')})/`),
      to: { path: `^src/telephony/(${sound.join('|')})/`, pathNot: '^src/telephony/media/media-port\\.ts$' },
    },
    {
      name: 'sound-knows-no-signalling',
      severity: 'error',
      from: production(`^src/telephony/(${sound.join('|')})/`),
      to: { path: `^src/telephony/(${signalling.join('|')})/` },
    },
    ...sound.slice(1).map((part, index) => ({
      name: `no-import-up-from-${part}`,
      comment: `${sound.join(' > ')}; the words of media-port.ts are for all.`,
      severity: 'error',
      from: production(`^src/telephony/${part}/`),
      to: { path: `^src/telephony/(${sound.slice(0, index + 1).join('|')})/`, pathNot: '^src/telephony/media/media-port\\.ts$' },
    })),
    {
      name: 'engine-is-on-top-of-telephony',
      severity: 'error',
      comment: 'The files beside the folders join signalling and sound; the folders know only the words of port.ts.',
      from: production('^src/telephony/[^/]+/'),
      to: { path: '^src/telephony/[^/]+\\.ts$', pathNot: '^src/telephony/port\\.ts$' },
    },
    {
      name: 'only-main-builds',
      comment: 'The object graph is built in src/main.ts and nowhere else; the command line starts it.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(main\\.ts$|cli/)|${tests}` },
      to: { path: '^src/(main\\.ts$|cli/)' },
    },
    {
      name: 'commands-go-through-the-api',
      comment: 'Commands start main.ts, call the HTTP API, or are a phone of their own; they do not reach into the server.',
      severity: 'error',
      from: production('^src/cli/'),
      to: { path: folders(['http', 'sessions', 'directory', 'flow', 'store', 'formats']) },
    },
    {
      name: 'main-takes-settings-only',
      comment: 'Of the command line, main.ts knows the settings, and what serve expects of it.',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/cli/', pathNot: '^src/cli/(settings|commands/serve)\\.ts$' },
    },
    {
      name: 'production-knows-no-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'no-cycles',
      comment: 'Imports of types count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
