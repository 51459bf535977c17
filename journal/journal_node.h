// A journal node: keeps copies of named journals, each in a directory of its own, and serves writers, readers and administrators.
// It takes no decision alone. The same class runs in the daemon, inside a resource manager and in the simulation.
//
// Owns:    the root directory with its lock, the listener, every connection, every copy.
// Threads: the event loop's.
// Errors:  a journal that cannot be opened does not keep the others from being served; what is wrong with a connection ends that
//          connection and nothing else.
// Bounds:  connections, bytes waiting per journal, the time until a connection says what it wants.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "base/tasks.h"
#include "base/turns.h"
#include "journal/append_session.h"
#include "journal/copy_repair.h"
#include "journal/journal_copy.h"
#include "journal/node_status.h"

namespace varve {

// What a connection may do.
struct PeerRights {
  bool write = true;
  bool read = true;
  bool admin = true;
};

struct NodeOptions {
  std::string name;       // for people
  std::string directory;  // root; made when it is missing (its parent must exist)
  std::string listen;     // host:port; port 0: any
  std::string version;
  LocalLogOptions log;
  SessionLimits session;
  std::uint64_t inline_bytes_max = 1u << 20;  // a batch up to this is written on the loop itself
  RepairOptions repair;
  unsigned connections_max = 256;
  std::chrono::nanoseconds open_patience = std::chrono::seconds(10);  // until a new connection has said what it wants
  std::chrono::nanoseconds open_again = std::chrono::seconds(5);      // between attempts at journals that could not be opened
  // By the certificate of the peer; null without certificates.
  std::function<PeerRights(const PeerIdentity*)> rights = [](const PeerIdentity*) { return PeerRights(); };
  // The whole node's status as text for `varve journal status`.
  std::function<std::string(const NodeStatus&)> render_status = [](const NodeStatus&) { return std::string("{}"); };
};

class JournalNode {
 public:
  // Opens every journal in the directory, then listens.
  static Task<Result<kj::Own<JournalNode>>> start(Seams seams, NodeOptions options);
  ~JournalNode() noexcept(false);
  KJ_DISALLOW_COPY(JournalNode);

  unsigned port() const { return listener_->port(); }
  Uuid boot() const { return boot_; }
  // nullptr when there is none of that name.
  JournalCopy* copy(const std::string& journal);
  std::vector<std::string> journals() const;
  // Those that are here and cannot be opened, with the reason.
  const std::map<std::string, std::string>& unopened() const { return unopened_; }

  // Everything but what the daemon alone knows (memory).
  kj::Promise<NodeStatus> status() { return do_status(); }

  // Takes no more connections, ends those there are, leaves every log's end marked as durable.
  Task<Result<void>> stop();

  void check_invariants() const;

  JournalNode(Seams seams, NodeOptions options, kj::Own<Directory> root, kj::Own<DirectoryLock> lock);

 private:
  struct Journal {
    kj::Own<JournalCopy> copy;
    kj::Own<CopyRepair> repair;       // destroyed first
    AppendSession* writer = nullptr;  // the session of the newest epoch that connected
  };

  Task<Result<void>> open_all();
  Task<void> open_journal(std::string name);
  void note_unopened(const std::string& name, const Error& why);
  CopyOptions copy_options(const std::string& name) const;
  Task<void> open_again();
  Task<void> accept_all();
  Task<void> serve(Accepted accepted);
  Task<void> serve_opened(kj::Own<StreamChannel> channel, PeerRights rights);
  Result<Journal*> find(const wire::Open& open);
  Task<void> serve_append(Journal& journal, kj::Own<StreamChannel> channel, wire::OpenAppend open);
  Task<void> serve_control(Journal* journal, kj::Own<StreamChannel> channel, wire::Open open, PeerRights rights);
  Task<void> answer_all(Journal* journal, StreamChannel& channel, std::string name, PeerRights rights);
  Task<wire::Answer> answer(Journal* journal, const std::string& name, wire::Request request, PeerRights rights);
  Task<wire::Answer> format(std::string name, wire::FormatRequest request);
  Task<wire::Answer> change(Journal* journal, wire::ChangeRequest request);
  Task<void> refuse(kj::Own<StreamChannel> channel, wire::Refusal refusal);
  Task<NodeStatus> do_status();

  Seams seams_;
  NodeOptions options_;
  kj::Own<Directory> root_;
  kj::Own<DirectoryLock> lock_;
  Uuid boot_;
  std::uint64_t started_wall_us_;
  std::map<std::string, Journal> journals_;
  std::map<std::string, std::string> unopened_;  // name -> reason
  Turns format_turns_;
  kj::Own<Listener> listener_;
  std::uint64_t connections_ = 0;
  std::uint64_t refused_connections_ = 0;
  bool draining_ = false;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
