import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { HpackDecoder } from "./hpack-decoder.ts";

/** RFC 7541 Appendix C: blocks of one connection in order, each with the fields it decodes to. */
const examples: readonly {
  readonly section: string;
  readonly tableBytes: number;
  readonly blocks: readonly { readonly hex: string; readonly fields: readonly string[] }[];
}[] = [
  {
    section: "C.2.1 literal with indexing",
    tableBytes: 4096,
    blocks: [{ hex: "400a637573746f6d2d6b65790d637573746f6d2d686561646572", fields: ["custom-key: custom-header"] }],
  },
  {
    section: "C.2.2 literal without indexing",
    tableBytes: 4096,
    blocks: [{ hex: "040c2f73616d706c652f70617468", fields: [":path: /sample/path"] }],
  },
  {
    section: "C.2.3 literal never indexed",
    tableBytes: 4096,
    blocks: [{ hex: "100870617373776f726406736563726574", fields: ["password: secret"] }],
  },
  { section: "C.2.4 indexed", tableBytes: 4096, blocks: [{ hex: "82", fields: [":method: GET"] }] },
  {
    section: "C.3 requests without Huffman coding",
    tableBytes: 4096,
    blocks: [
      {
        hex: "828684410f7777772e6578616d706c652e636f6d",
        fields: [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
      },
      {
        hex: "828684be58086e6f2d6361636865",
        fields: [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
      },
      {
        hex: "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        fields: [
          ":method: GET",
          ":scheme: https",
          ":path: /index.html",
          ":authority: www.example.com",
          "custom-key: custom-value",
        ],
      },
    ],
  },
  {
    section: "C.4 requests with Huffman coding",
    tableBytes: 4096,
    blocks: [
      {
        hex: "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        fields: [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
      },
      {
        hex: "828684be5886a8eb10649cbf",
        fields: [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
      },
      {
        hex: "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        fields: [
          ":method: GET",
          ":scheme: https",
          ":path: /index.html",
          ":authority: www.example.com",
          "custom-key: custom-value",
        ],
      },
    ],
  },
  {
    section: "C.5 responses with eviction",
    tableBytes: 256,
    blocks: [
      {
        hex: "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        fields: [
          ":status: 302",
          "cache-control: private",
          "date: Mon, 21 Oct 2013 20:13:21 GMT",
          "location: https://www.example.com",
        ],
      },
      {
        hex: "4803333037c1c0bf",
        fields: [
          ":status: 307",
          "cache-control: private",
          "date: Mon, 21 Oct 2013 20:13:21 GMT",
          "location: https://www.example.com",
        ],
      },
    ],
  },
  {
    section: "C.6 responses with Huffman coding and eviction",
    tableBytes: 256,
    blocks: [
      {
        hex: "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        fields: [
          ":status: 302",
          "cache-control: private",
          "date: Mon, 21 Oct 2013 20:13:21 GMT",
          "location: https://www.example.com",
        ],
      },
      {
        hex: "4883640effc1c0bf",
        fields: [
          ":status: 307",
          "cache-control: private",
          "date: Mon, 21 Oct 2013 20:13:21 GMT",
          "location: https://www.example.com",
        ],
      },
      {
        hex: "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        fields: [
          ":status: 200",
          "cache-control: private",
          "date: Mon, 21 Oct 2013 20:13:22 GMT",
          "location: https://www.example.com",
          "content-encoding: gzip",
          "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        ],
      },
    ],
  },
];

describe("the examples of RFC 7541", () => {
  test.each(examples)("$section", ({ tableBytes, blocks }) => {
    const decoder = new HpackDecoder(tableBytes);
    for (const { hex, fields } of blocks) expect(decode(decoder, hex)).toEqual({ fields, problem: "" });
  });
});

describe("a sink", () => {
  test("gets only the fields it wants, and the table remembers the others", () => {
    const decoder = new HpackDecoder(4096);
    const wanted: string[] = [];
    const sink = {
      wants: (name: string) => name === ":path",
      field: (name: string, value: string) => wanted.push(name, value),
    };
    const block = Buffer.from("400a637573746f6d2d6b65790d637573746f6d2d68656164657204022f61", "hex");
    expect(decoder.decode(block, 0, block.length, sink)).toBe("");
    expect(wanted).toEqual([":path", "/a"]);
    expect(decode(decoder, "be").fields).toEqual(["custom-key: custom-header"]);
  });
});

describe("table size updates", () => {
  test("empty the table and let it grow again within what is allowed", () => {
    const decoder = new HpackDecoder(4096);
    decode(decoder, "4001610162");
    expect(decode(decoder, "be").fields).toEqual(["a: b"]);
    expect(decode(decoder, "203fe11fbe").problem).toBe("HPACK: index 62 is not in the table");
  });

  test("above what is allowed are refused, until it is allowed", () => {
    expect(decode(new HpackDecoder(4096), "3fe21f").problem).toBe("HPACK: table of 4097 bytes, 4096 are allowed");
    const decoder = new HpackDecoder(4096);
    decoder.allowTableBytes(8192);
    expect(decode(decoder, "3fe21f").problem).toBe("");
  });
});

describe("a block is refused for", () => {
  const cases: readonly { readonly name: string; readonly hex: string; readonly problem: string }[] = [
    { name: "index 0", hex: "80", problem: "index 0 is not in the table" },
    { name: "an index beyond the table", hex: "be", problem: "index 62 is not in the table" },
    { name: "a name beyond the table", hex: "7f000161", problem: "index 63 is not in the table" },
    { name: "an integer cut off", hex: "ff80", problem: "an integer is too long or cut off" },
    { name: "an integer without end", hex: "ff808080808080", problem: "an integer is too long or cut off" },
    { name: "an integer too large", hex: "ffffffffff7f", problem: "an integer is too large" },
    { name: "a string cut off", hex: "40036162", problem: "a string is cut off" },
    { name: "a missing value", hex: "400161", problem: "a string is cut off" },
    { name: "a size update behind a field", hex: "8220", problem: "table size update behind a field" },
    { name: "padding of more than seven bits", hex: "4082ffff0161", problem: "a string is no valid Huffman code" },
    { name: "padding with a zero", hex: "4081180161", problem: "a string is no valid Huffman code" },
    { name: "the end-of-string code", hex: "4084ffffffff0161", problem: "a string is no valid Huffman code" },
    { name: "too many fields", hex: "82".repeat(1001), problem: "more than 1000 fields" },
    {
      name: "few bytes that say too much",
      hex: `400161${"7fa11e"}${"61".repeat(4000)}${"be".repeat(70)}`,
      problem: "fields are longer than 262144 bytes",
    },
  ];

  test.each(cases)("$name", ({ hex, problem }) => {
    expect(decode(new HpackDecoder(4096), hex).problem).toBe(`HPACK: ${problem}`);
  });
});

function decode(decoder: HpackDecoder, hex: string): { readonly fields: readonly string[]; readonly problem: string } {
  const fields: string[] = [];
  const bytes = Buffer.from(`ff${hex}ff`, "hex");
  const sink = { wants: () => true, field: (name: string, value: string) => fields.push(`${name}: ${value}`) };
  return { problem: decoder.decode(bytes, 1, bytes.length - 1, sink), fields };
}
