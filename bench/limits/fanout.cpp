// The limit of an append to several nodes: bare TCP, no protocol, no digest, the same syncs.
//  fanout srv PORT none|fdatasync|dsync [FILE]
//     reads what is there (up to 4 MiB), one pwrite of all whole records, one sync, one acknowledgement for all
//     dsync: O_DIRECT|O_DSYNC pwrite of a 4 KiB-aligned buffer instead. FILE must exist with its full size
//  fanout cli PORT,PORT,PORT --size B --window W --secs S [--majority]
//     frees a slot when all have answered, with --majority when a majority has; q50us and q99us are for a majority. --majority with two
//     servers is what is left of three when one is dead
#include "common.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
static const size_t HDR = 16; // u64 id, u32 length, u32 zero
static int serve(int port, const std::string& mode, const char* file) {
  int fd = -1;
  uint64_t fsize = 0, pos = 0;
  if (mode != "none") {
    fd = open(file, O_RDWR | (mode == "dsync" ? O_DIRECT | O_DSYNC : 0));
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) { perror("file"); return 1; }
    fsize = st.st_size;
  }
  int l = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in a{};
  a.sin_family = AF_INET; a.sin_port = htons(port); a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(l, (sockaddr*)&a, sizeof a) || listen(l, 4)) { perror("bind"); return 1; }
  const size_t CAP = 4 << 20;
  char* buf = (char*)aligned_alloc(4096, CAP + 8192);
  for (;;) {
    int c = accept(l, nullptr, nullptr);
    setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    size_t have = 0;
    for (;;) {
      ssize_t r = recv(c, buf + have, CAP - have, 0);
      if (r <= 0) break;
      have += r;
      // take more only if it is already there
      while (have < CAP && (r = recv(c, buf + have, CAP - have, MSG_DONTWAIT)) > 0) have += r;
      size_t p = 0;
      uint64_t id = 0;
      while (have - p >= HDR) {
        uint32_t n;
        memcpy(&n, buf + p + 8, 4);
        if (have - p < HDR + n) break;
        memcpy(&id, buf + p, 8);
        p += HDR + n;
      }
      if (!p) continue;
      if (fd >= 0) { // the frames as they came are the log format
        size_t n = mode == "dsync" ? (p + 4095) / 4096 * 4096 : p;
        if (pos + n > fsize) pos = 0;
        if (pwrite(fd, buf, n, pos) != ssize_t(n)) { perror("pwrite"); return 1; }
        pos += n;
        if (mode == "fdatasync") fdatasync(fd);
      }
      if (send(c, &id, 8, MSG_NOSIGNAL) != 8) break;
      memmove(buf, buf + p, have - p);
      have -= p;
    }
    close(c);
  }
}
int main(int argc, char** argv) {
  if (std::string(argv[1]) == "srv") return serve(atoi(argv[2]), argv[3], argc > 4 ? argv[4] : nullptr);
  struct C { int fd; uint64_t sent = 0, acked = 0; size_t part = 0; char in[8]; size_t inn = 0; bool wout = false; };
  std::vector<C> cs;
  int efd = epoll_create1(0), one = 1;
  for (char* p = strtok(argv[2], ","); p; p = strtok(nullptr, ",")) {
    sockaddr_in a{};
    a.sin_family = AF_INET; a.sin_port = htons(atoi(p)); a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    C c; c.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c.fd, (sockaddr*)&a, sizeof a)) { perror("connect"); return 1; }
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c.fd, F_SETFL, O_NONBLOCK);
    cs.push_back(c);
  }
  size_t size = 65536, window = 8;
  double secs = 4;
  bool by_majority = false;
  for (int i = 3; i < argc; ++i) {
    std::string a = argv[i];
    if (a == "--size") size = atol(argv[++i]);
    else if (a == "--window") window = atol(argv[++i]);
    else if (a == "--secs") secs = atof(argv[++i]);
    else if (a == "--majority") by_majority = true;
  }
  for (auto& c : cs) { epoll_event e{}; e.events = EPOLLIN; e.data.ptr = &c; epoll_ctl(efd, EPOLL_CTL_ADD, c.fd, &e); }
  const size_t fr = HDR + size, MAXF = std::max<size_t>(1, std::min<size_t>(256, (1 << 20) / fr));
  std::vector<char> frames(MAXF * fr, 7); // headers are patched per send
  std::vector<uint64_t> start(window);
  uint64_t all = 0, quor = 0, issued = 0, freed = 0;
  Hist hq, ha;
  bool meas = false;
  auto pushc = [&](C& c) {
    while (c.sent < issued) {
      size_t k = std::min<uint64_t>(MAXF, issued - c.sent);
      for (size_t i = 0; i < k; ++i) {
        uint64_t id = c.sent + i + 1; uint32_t n = size, z = 0;
        memcpy(&frames[i * fr], &id, 8); memcpy(&frames[i * fr + 8], &n, 4); memcpy(&frames[i * fr + 12], &z, 4);
      }
      ssize_t r = send(c.fd, frames.data() + c.part, k * fr - c.part, MSG_NOSIGNAL);
      bool want = false;
      if (r < 0) { if (errno != EAGAIN) { perror("send"); exit(1); } want = true; }
      else { size_t d = c.part + r; c.sent += d / fr; c.part = d % fr; if (d < k * fr) want = true; }
      if (want != c.wout) { epoll_event e{}; e.events = EPOLLIN | (want ? EPOLLOUT : 0); e.data.ptr = &c; epoll_ctl(efd, EPOLL_CTL_MOD, c.fd, &e); c.wout = want; }
      if (want) return;
    }
    if (c.wout) { epoll_event e{}; e.events = EPOLLIN; e.data.ptr = &c; epoll_ctl(efd, EPOLL_CTL_MOD, c.fd, &e); c.wout = false; }
  };
  auto refill = [&] {
    uint64_t t = now_ns();
    while (issued < freed + window) { start[issued % window] = t; ++issued; }
    for (auto& c : cs) pushc(c);
  };
  uint64_t t0 = now_ns(), tm = t0 + 400000000, end = tm + uint64_t(secs * 1e9), t;
  double c0 = 0;
  refill();
  for (;;) {
    epoll_event ev[8];
    int n = epoll_wait(efd, ev, 8, 100);
    t = now_ns();
    if (!meas && t >= tm) { meas = true; tm = t; c0 = cpu_self_s(); }
    if (t >= end) break;
    for (int i = 0; i < n; ++i) {
      C& c = *(C*)ev[i].data.ptr;
      char b[4096];
      ssize_t r = recv(c.fd, b, sizeof b, 0);
      if (r == 0) { fprintf(stderr, "server closed\n"); return 1; }
      for (ssize_t j = 0; j < r; ++j) {
        c.in[c.inn++] = b[j];
        if (c.inn == 8) { memcpy(&c.acked, c.in, 8); c.inn = 0; }
      }
      if (c.sent < issued) pushc(c);
    }
    std::vector<uint64_t> v;
    for (auto& c : cs) v.push_back(c.acked);
    std::sort(v.begin(), v.end());
    uint64_t a = v[0], q = v[(v.size() - 1) / 2];
    for (; quor < q; ++quor) if (meas) hq.add(t - start[quor % window]);
    for (; all < a; ++all) if (meas && !by_majority) ha.add(t - start[all % window]);
    freed = by_majority ? quor : all;
    if (issued < freed + window) refill();
  }
  char cfg[200];
  snprintf(cfg, sizeof cfg, "\"size\":%zu,\"window\":%zu,\"servers\":%zu,\"q50us\":%.1f,\"q99us\":%.1f", size, window, cs.size(), hq.q(.5) / 1e3, hq.q(.99) / 1e3);
  emit_lat("rawtcp", cfg, by_majority ? hq : ha, (t - tm) / 1e9, cpu_self_s() - c0, size);
}
