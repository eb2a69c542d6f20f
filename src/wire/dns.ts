/** A record that says by which transport a domain is reached, and where its SRV records are (RFC 3403). */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

/** A record that names a host of a service (RFC 2782). */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** What a name server says; without records the name has none of this type. */
export interface DnsAnswer<Item> {
  readonly records: readonly Item[];
  /** How long it holds; absent when the platform does not tell. */
  readonly ttlMs?: number;
}

/** The questions that locating SIP servers asks (RFC 3263). All of them reject when nobody answers. */
export interface Dns {
  naptr(name: string): Promise<DnsAnswer<NaptrRecord>>;
  srv(name: string): Promise<DnsAnswer<SrvRecord>>;
  /** The IPv4 or IPv6 addresses of a host. */
  addresses(host: string, family: 4 | 6): Promise<DnsAnswer<string>>;
}
