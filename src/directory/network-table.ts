import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;

interface Entry<Value> {
  readonly order: number;
  readonly value: Value;
}

/**
 * Values by IP address and by network (CIDR). What an address costs depends on how many lengths of prefixes there are, not on how many
 * networks.
 */
export class NetworkTable<Value> {
  /** By family and length of the prefix; then by the bits of the prefix. */
  readonly #lengths = new Map<string, { readonly bits: number; readonly entries: Map<string, Entry<Value>[]> }>();
  #size = 0;

  /** @throws Error for what is neither an address nor CIDR */
  add(source: string, value: Value): void {
    const [address, bits] = source.includes('/') ? ipaddr.parseCIDR(source) : whole(ipaddr.process(source));
    const length = `${address.kind()}/${bits}`;
    let table = this.#lengths.get(length);
    if (!table) {
      table = { bits, entries: new Map() };
      this.#lengths.set(length, table);
    }
    const key = prefixOf(address, bits);
    const entry = { order: this.#size++, value };
    const here = table.entries.get(key);
    if (here) here.push(entry);
    else table.entries.set(key, [entry]);
  }

  /** Whether there is any value at an address. */
  has(text: string): boolean {
    return this.at(text).length > 0;
  }

  /** The values at an address, in the order in which they were added. An IPv4 address that comes as one of IPv6 is the same. */
  at(text: string): readonly Value[] {
    if (!ipaddr.isValid(text)) return [];
    const address = ipaddr.process(text);
    const found: Entry<Value>[] = [];
    for (const [length, { bits, entries }] of this.#lengths)
      if (length.startsWith(address.kind())) found.push(...(entries.get(prefixOf(address, bits)) ?? []));
    return found.sort((one, other) => one.order - other.order).map(({ value }) => value);
  }
}

function whole(address: Address): [Address, number] {
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** The first `bits` of an address. */
function prefixOf(address: Address, bits: number): string {
  return address
    .toByteArray()
    .map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))))
    .join('.');
}
