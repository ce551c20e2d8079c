import { messageOf } from "../../core/model/weft-error.ts";
import type { LoadedSystemCalls, SystemCalls } from "./system-calls.ts";

/** By architecture, as in the kernel's table of system calls. */
const BPF_CALL: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };

const MSG_DONTWAIT = 0x40;

/** Never rejects: where something is missing, the answer says what. Glibc and musl alike, as Node itself is linked to either. */
export async function loadSystemCalls({
  platform,
  arch,
}: Pick<NodeJS.Process, "platform" | "arch"> = process): Promise<LoadedSystemCalls> {
  const bpfCall = BPF_CALL[arch];
  if (platform !== "linux" || bpfCall === undefined)
    return {
      kind: "unavailable",
      reason: `system calls are known for Linux on x64 and arm64, not ${platform} ${arch}`,
    };
  try {
    return { kind: "loaded", calls: await bindCalls(bpfCall) };
  } catch (error) {
    return { kind: "unavailable", reason: `the package koffi cannot be used: ${messageOf(error)}` };
  }
}

async function bindCalls(bpfCall: number): Promise<SystemCalls> {
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  // Variadic in C, but on both architectures integers are passed alike.
  const syscall = libc.func("long syscall(long number, int command, void *attributes, unsigned int size)");
  const getsockopt = libc.func("int getsockopt(int fd, int level, int option, void *value, void *length)");
  const setsockopt = libc.func("int setsockopt(int fd, int level, int option, void *value, unsigned int length)");
  const recv = libc.func("long recv(int fd, void *into, size_t length, int flags)");
  const recvmmsg = libc.func("int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)");
  const sendmmsg = libc.func("int sendmmsg(int fd, void *headers, unsigned int count, int flags)");
  const ioctl = libc.func("int ioctl(int fd, unsigned long request, void *value)");
  const integer = new Int32Array(1);
  const length = new Uint32Array(1);
  const answer = (result: number) => (result < 0 ? -koffi.errno() : result);
  return {
    bpf: (command, attributes) => answer(syscall(bpfCall, command, attributes, attributes.length)),
    getSocketOption: (fd, level, option, into) => {
      length[0] = into.length;
      const result = answer(getsockopt(fd, level, option, into, length));
      return result < 0 ? result : (length[0] ?? 0);
    },
    setSocketOption: (fd, level, option, value) => answer(setsockopt(fd, level, option, value, value.length)),
    receive: (fd, into) => answer(recv(fd, into, into.length, MSG_DONTWAIT)),
    receiveMany: (fd, headers, count) => answer(recvmmsg(fd, headers, count, MSG_DONTWAIT, null)),
    sendMany: (fd, headers, count) => answer(sendmmsg(fd, headers, count, MSG_DONTWAIT)),
    queryInteger: (fd, request) => {
      const result = answer(ioctl(fd, request, integer));
      return result < 0 ? result : (integer[0] ?? 0);
    },
    addressOf: (memory) => koffi.address(memory),
  };
}
