/**
 * Writes scenarios for sipp: each is a list of steps of one side of a call. What sipp needs to go on with the call later (Via, From, To,
 * Contact and CSeq number of the INVITE) is kept by itself.
 */
export type SippStep =
  | { readonly recv: string | number; readonly checks?: readonly Check[]; readonly keep?: Kept; readonly optional?: boolean }
  | ({ readonly reply: number; readonly to?: 'INVITE'; readonly tag?: string; readonly contact?: string } & Content)
  | ({ readonly request: string; readonly cSeq?: number; readonly branch?: string; readonly compact?: boolean } & Content)
  | { readonly pauseMs: number };

/** A header that must be there, or '' for the whole message, and what must be found in it (a regular expression of POSIX). */
export type Check = readonly [header: string, pattern: string];

/** What to keep of a header, for lines of later steps as `[$variable]`. */
export type Kept = readonly [variable: string, pattern: string, header: string];

export interface Content {
  readonly lines?: readonly string[];
  /** A session description, or the attributes and port of the usual one. */
  readonly sdp?: string | { readonly direction?: string; readonly port?: number; readonly formats?: string; readonly version?: number };
  readonly type?: string;
  /** Repeats it over UDP until the next message comes; absent: when SIP says that it must be (a request, a final response to INVITE). */
  readonly repeat?: boolean;
  /** Percentage of times that it gets lost on its way. */
  readonly lost?: number;
}

const CALLEE_TAG = '[call_number]sipp';
const CONTACT = '<sip:sipp@[local_ip]:[local_port];transport=[transport]>';

/** `role` is that of sipp. */
export function sippScenario(role: 'caller' | 'callee', steps: readonly SippStep[]): string {
  const writer = new ScenarioWriter(role);
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="test">\n${steps.map((step) => writer.write(step)).join('\n')}\n${writer.end()}</scenario>\n`;
}

class ScenarioWriter {
  readonly #role: 'caller' | 'callee';
  readonly #variables = new Set<string>();
  #answered = false;
  /** Whether To of the latest request of the peer has our tag already. */
  #tagged = false;
  /** Whether that of the INVITE that was kept had. */
  #savedTagged = false;
  #received = '';
  #cSeq = 0;
  #inviteBranch = '';
  #checks = 0;
  #sent = 0;

  constructor(role: 'caller' | 'callee') {
    this.#role = role;
  }

  write(step: SippStep): string {
    if ('pauseMs' in step) return `<pause milliseconds="${step.pauseMs}" />`;
    if ('recv' in step) return this.#recv(step.recv, step.checks ?? [], step.optional === true, step.keep);
    if ('reply' in step) {
      const isFinal = step.reply >= 200 && (step.to === 'INVITE' || this.#received === 'INVITE');
      return this.#send(this.#response(step), { repeat: isFinal, ...step });
    }
    return this.#send(this.#request(step), { repeat: step.request !== 'ACK', ...step });
  }

  /** Variables that no step has used would stop sipp. */
  end(): string {
    return this.#variables.size === 0 ? '' : `<Reference variables="${[...this.#variables].join(',')}" />\n`;
  }

  #recv(what: string | number, checks: readonly Check[], optional: boolean, keep?: Kept): string {
    const actions = checks.map(([header, pattern]) => this.#ereg(`check${++this.#checks}`, pattern, header, ' check_it="true"'));
    if (keep) actions.push(this.#ereg(...keep, ''));
    if (typeof what === 'number') {
      this.#received = '';
      if (what >= 200 && what < 300) this.#answered = true;
    } else {
      this.#received = what;
      this.#tagged = this.#answered || !['INVITE', 'CANCEL'].includes(what);
    }
    if (what === 'INVITE' && (this.#role === 'callee' || this.#answered)) {
      this.#savedTagged = this.#answered;
      for (const header of ['Via', 'From', 'To']) actions.push(this.#ereg(header.toLowerCase(), '.*', header, ''));
      actions.push(this.#ereg('target', 'sip:[^>]*', 'Contact', ''), this.#ereg('cseq', '[0-9]+', 'CSeq', ''));
    }
    const kind = typeof what === 'number' ? `response="${what}"` : `request="${what}"`;
    return `<recv ${kind}${optional ? ' optional="true"' : ''}>\n<action>${actions.join('\n')}</action>\n</recv>`;
  }

  #ereg(variable: string, pattern: string, header: string, more: string): string {
    this.#variables.add(variable);
    const where = header === '' ? 'search_in="msg"' : `search_in="hdr" header="${header}:"`;
    return `<ereg regexp="${escapeXml(pattern)}" ${where} assign_to="${variable}"${more} />`;
  }

  #response({ reply, to, tag, contact = CONTACT, lines = [], ...content }: Extract<SippStep, { reply: number }>): string[] {
    const late = to !== undefined && this.#received !== 'INVITE';
    const ours = this.#role === 'callee' ? (tag ?? CALLEE_TAG) : undefined;
    const bare = ours !== undefined && reply > 100;
    const head = late
      ? [
          'Via:[$via]',
          'From:[$from]',
          `To:[$to]${this.#savedTagged || !bare ? '' : `;tag=${ours}`}`,
          '[last_Call-ID:]',
          'CSeq: [$cseq] INVITE',
        ]
      : ['[last_Via:]', '[last_From:]', `[last_To:]${this.#tagged || !bare ? '' : `;tag=${ours}`}`, '[last_Call-ID:]', '[last_CSeq:]'];
    if (reply >= 200 && reply < 300 && (late || this.#received === 'INVITE')) this.#answered = true;
    return [`SIP/2.0 ${reply} Said by sipp`, ...head, `Contact: ${contact}`, ...lines, ...body(content)];
  }

  #request({ request, cSeq, branch, compact = false, lines = [], ...content }: Extract<SippStep, { request: string }>): string[] {
    const isNew = !['ACK', 'CANCEL'].includes(request);
    if (isNew) this.#cSeq = cSeq ?? this.#cSeq + 1;
    // The ACK to a 2xx is a transaction of its own.
    const own =
      branch ?? (isNew || (request === 'ACK' && this.#answered) ? `z9hG4bK[pid]-[call_number]-${++this.#sent}` : this.#inviteBranch);
    if (request === 'INVITE') this.#inviteBranch = own;
    const callee = this.#role === 'callee';
    const target = callee ? '[$target]' : 'sip:[service]@[remote_ip]:[remote_port]';
    const from = callee ? `[$to]${this.#savedTagged ? '' : `;tag=${CALLEE_TAG}`}` : ' <sip:sipp@[local_ip]>;tag=[call_number]caller';
    const to = callee
      ? '[$from]'
      : ` <sip:[service]@[remote_ip]>${request === 'CANCEL' || (request === 'INVITE' && !this.#answered) ? '' : '[peer_tag_param]'}`;
    const name = (long: string, short: string): string => (compact ? short : long);
    return [
      `${request} ${target} SIP/2.0`,
      `${name('Via', 'v')}: SIP/2.0/[transport] [local_ip]:[local_port];branch=${own};rport`,
      `${name('From', 'f')}:${from}`,
      `${name('To', 't')}:${to}`,
      `${name('Call-ID', 'i')}: [call_id]`,
      `CSeq: ${cSeq ?? this.#cSeq} ${request}`,
      `${name('Contact', 'm')}: ${CONTACT}`,
      ...(lines.some((line) => line.startsWith('Max-Forwards')) ? [] : ['Max-Forwards: 70']),
      ...lines,
      ...body(content, compact),
    ];
  }

  #send(message: readonly string[], { repeat = false, lost }: Content): string {
    const options = `${repeat ? ' retrans="500"' : ''}${lost === undefined ? '' : ` lost="${lost}"`}`;
    return `<send${options}>\n<![CDATA[\n\n${message.join('\n')}\n\n]]>\n</send>`;
  }
}

function body({ sdp, type = 'application/sdp' }: Content, compact = false): string[] {
  if (sdp === undefined) return [`${compact ? 'l' : 'Content-Length'}: 0`];
  return [
    `${compact ? 'c' : 'Content-Type'}: ${type}`,
    `${compact ? 'l' : 'Content-Length'}: [len]`,
    '',
    ...(typeof sdp === 'string' ? [sdp] : description(sdp)),
  ];
}

function description({ direction, port = 6000, formats = '0 101', version = 1 }: Exclude<Content['sdp'], string | undefined>): string[] {
  return [
    'v=0',
    `o=- 1 ${version} IN IP[media_ip_type] [media_ip]`,
    's=-',
    'c=IN IP[media_ip_type] [media_ip]',
    't=0 0',
    `m=audio ${port} RTP/AVP ${formats}`,
    ...(direction === undefined ? [] : [`a=${direction}`]),
  ];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Steps that many scenarios share. */
export const answer: SippStep = { reply: 200, to: 'INVITE', sdp: {}, repeat: true };
export const ring: SippStep = { reply: 180 };
export const acknowledged: SippStep = { recv: 'ACK' };
/** The peer of sipp hangs up. */
export const hungUp: readonly SippStep[] = [{ recv: 'BYE' }, { reply: 200 }];
/** sipp hangs up. */
export const hangUp: readonly SippStep[] = [{ request: 'BYE', repeat: true }, { recv: 200 }];
