export interface AmbiguousRequest {
  readonly name: string;
  readonly text: string;
  /** By which the scanner refuses it. */
  readonly reason: string;
}

/** What RFC 9112 and the literature on request smuggling name as ways to make two readers disagree. */
export const ambiguousRequests: readonly AmbiguousRequest[] = [
  {
    name: "length and chunked",
    text: "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    reason: "Content-Length and Transfer-Encoding exclude each other",
  },
  {
    name: "two lengths",
    text: "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
    reason: "Content-Length stands twice with different values",
  },
  {
    name: "a list of lengths",
    text: "POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "a signed length",
    text: "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "an empty length",
    text: "POST / HTTP/1.1\r\nContent-Length: \r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "a length beyond measure",
    text: "POST / HTTP/1.1\r\nContent-Length: 1000000000000000\r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "a hidden chunked",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
    reason: 'Transfer-Encoding is not "chunked"',
  },
  {
    name: "chunked not last",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
    reason: 'Transfer-Encoding is not "chunked"',
  },
  {
    name: "two transfer encodings",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    reason: "Transfer-Encoding stands twice",
  },
  {
    name: "chunked in HTTP/1.0",
    text: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    reason: "Transfer-Encoding in HTTP/1.0",
  },
  {
    name: "a bare LF behind the start line",
    text: "GET / HTTP/1.1\nHost: a\r\n\r\n",
    reason: "request line does not end with CR LF",
  },
  {
    name: "a bare LF behind a header",
    text: "GET / HTTP/1.1\r\nHost: a\n\r\n",
    reason: "header value has a control character or ends without CR",
  },
  {
    name: "a bare CR in a value",
    text: "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
    reason: "header line has a CR without LF",
  },
  {
    name: "a NUL in a value",
    text: "GET / HTTP/1.1\r\nHost: a\0\r\n\r\n",
    reason: "header value has a control character or ends without CR",
  },
  { name: "a folded line", text: "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", reason: "header line is folded" },
  {
    name: "a space before the colon",
    text: "POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\n",
    reason: "header name is not followed by a colon at once",
  },
  {
    name: "a line without a name",
    text: "GET / HTTP/1.1\r\n: a\r\n\r\n",
    reason: "header name starts with a character it may not have",
  },
  {
    name: "two spaces in the start line",
    text: "GET  / HTTP/1.1\r\n\r\n",
    reason: "request target is empty or has a control character",
  },
  { name: "a target with a space", text: "GET /a b HTTP/1.1\r\n\r\n", reason: "version is not HTTP/1.0 or HTTP/1.1" },
  { name: "another version", text: "PRI * HTTP/2.0\r\n\r\n", reason: "version is not HTTP/1.0 or HTTP/1.1" },
  { name: "no method", text: " / HTTP/1.1\r\n\r\n", reason: "request does not start with a method" },
  {
    name: "two empty lines before a request",
    text: "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    reason: "request does not start with a method",
  },
  { name: "two hosts", text: "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", reason: "Host stands twice" },
  {
    name: "two path headers",
    text: "GET / HTTP/1.1\r\nweft-nsh: 1\r\nWeft-NSH: 2\r\n\r\n",
    reason: "weft-nsh stands twice",
  },
  {
    name: "CONNECT with a body",
    text: "CONNECT a:1 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
    reason: "CONNECT with a body",
  },
  {
    name: "bytes behind Connection: close",
    text: "GET / HTTP/1.1\r\nConnection: close\r\n\r\nG",
    reason: "bytes follow a message that closes the connection",
  },
  {
    name: "a chunk size without digits",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a chunk size with a sign",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a chunk size with a prefix",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a chunk size with a space behind",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a chunk size beyond measure",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000\r\n",
    reason: "chunk size has more than 12 digits",
  },
  {
    name: "a chunk longer than its size",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
    reason: "chunk is longer than its size",
  },
  {
    name: "a bare LF behind a chunk size",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a bare LF in an extension",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;\nx\r\n",
    reason: "chunk extension has a control character",
  },
  {
    name: "a folded trailer",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n c\r\n\r\n",
    reason: "trailer line is folded or starts with a character it may not have",
  },
  {
    name: "a length in hexadecimal",
    text: "POST / HTTP/1.1\r\nContent-Length: 0x3\r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "a length with a vertical tab",
    text: "POST / HTTP/1.1\r\nContent-Length: \v3\r\n\r\n",
    reason: "header value has a control character or ends without CR",
  },
  {
    name: "a length behind a NUL",
    text: "POST / HTTP/1.1\r\nContent-Length: 3\0\r\n\r\n",
    reason: "header value has a control character or ends without CR",
  },
  {
    name: "chunked and a length, in the other order",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
    reason: "Content-Length and Transfer-Encoding exclude each other",
  },
  {
    name: "chunked behind a tab before the colon",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding\t: chunked\r\n\r\n",
    reason: "header name is not followed by a colon at once",
  },
  {
    name: "chunked behind a vertical tab",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding:\vchunked\r\n\r\n",
    reason: "header value has a control character or ends without CR",
  },
  {
    name: "chunked in quotes",
    text: 'POST / HTTP/1.1\r\nTransfer-Encoding: "chunked"\r\n\r\n',
    reason: 'Transfer-Encoding is not "chunked"',
  },
  {
    name: "chunked with a parameter",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked;q=1\r\n\r\n",
    reason: 'Transfer-Encoding is not "chunked"',
  },
  {
    name: "chunked behind identity",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: identity, chunked\r\n\r\n",
    reason: 'Transfer-Encoding is not "chunked"',
  },
  {
    name: "chunked in a line that a bare LF begins",
    text: "POST / HTTP/1.1\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n",
    reason: "header value has a control character or ends without CR",
  },
  {
    name: "chunked in a line that a bare CR begins",
    text: "POST / HTTP/1.1\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n",
    reason: "header line has a CR without LF",
  },
  {
    name: "chunked in a folded line",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
    reason: 'Transfer-Encoding is not "chunked"',
  },
  {
    name: "a first header behind a space",
    text: "POST / HTTP/1.1\r\n Content-Length: 3\r\n\r\n",
    reason: "header line is folded",
  },
  {
    name: "a target with a tab",
    text: "GET /a\tHTTP/1.1 HTTP/1.1\r\n\r\n",
    reason: "request target is empty or has a control character",
  },
  {
    name: "a version of lower case",
    text: "GET / http/1.1\r\n\r\n",
    reason: "version is not HTTP/1.0 or HTTP/1.1",
  },
  { name: "HTTP/0.9", text: "GET /\r\n\r\n", reason: "request target is empty or has a control character" },
  {
    name: "a chunk size with an underscore",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1_0\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a bare CR in an extension",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a\rb\r\nx\r\n",
    reason: "chunk size has a CR without LF",
  },
  {
    name: "a chunk that a bare LF ends",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n",
    reason: "chunk is longer than its size",
  },
  {
    name: "a trailer with a space before the colon",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length : 3\r\n\r\n",
    reason: "trailer name is not followed by a colon at once",
  },
];
