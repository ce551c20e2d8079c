import fc from "fast-check";
import { expect, test } from "vitest";
import { cidrsOverlap, isInCidr, parseCidr } from "./cidr.ts";
import { parseIpAddress } from "./ip-address.ts";

const isIn = (block: string, address: string) => isInCidr(cidr(block), parseIpAddress(address) as Uint8Array);

test.each([
  { block: "10.45.0.0/16", inside: "10.45.255.1", outside: "10.46.0.0" },
  { block: "10.45.3.9/13", inside: "10.40.0.0", outside: "10.48.0.0" },
  { block: "10.0.0.1/32", inside: "10.0.0.1", outside: "10.0.0.2" },
  { block: "0.0.0.0/0", inside: "255.1.2.3", outside: "::1" },
  { block: "fd00::/9", inside: "fd7f::1", outside: "fd80::1" },
])("$block has $inside and not $outside", ({ block, inside, outside }) => {
  expect([isIn(block, inside), isIn(block, outside)]).toEqual([true, false]);
});

test.each(["10.0.0.0", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/08", "/8", "a/8"])(
  "%s is no block",
  (text) => expect(parseCidr(text)).toBeUndefined(),
);

test("two blocks overlap exactly when some address is in both", () => {
  const blocks = fc.record({ value: fc.nat(255), prefixLength: fc.integer({ min: 24, max: 32 }) });
  fc.assert(
    fc.property(blocks, blocks, (a, b) => {
      const [one, two] = [a, b].map(({ value, prefixLength }) => cidr(`10.0.0.${value}/${prefixLength}`));
      const every = Array.from({ length: 256 }, (_, last) => Uint8Array.of(10, 0, 0, last));
      const isShared = one && two && every.some((address) => isInCidr(one, address) && isInCidr(two, address));
      expect(one && two && cidrsOverlap(one, two)).toBe(isShared);
    }),
  );
});

function cidr(text: string) {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no block`);
  return parsed;
}
