#include "journal/quorum_format.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "editlog/control.h"
#include "journal/node_connection.h"

namespace varve {
namespace {

// One of the listed nodes, and what it holds.
struct Host {
  std::string address;
  kj::Own<NodeConnection> connection;
  std::optional<wire::CopyState> copy;
};

Task<Result<std::vector<Host>>> reach_all(Seams seams, JournalUrl url, std::chrono::nanoseconds patience) {
  std::vector<Host> hosts;
  std::set<Uuid> boots;
  for (const std::string& address : url.hosts) {
    wire::Open open;
    open.journal = url.name;
    auto connection = co_await NodeConnection::open(seams, address, std::move(open), patience);
    if (!connection) co_return fail(connection.error().within("formatting: every node must answer"));
    Host host;
    host.address = address;
    host.connection = kj::mv(*connection);
    Uuid boot;
    if (const auto* copy = std::get_if<wire::CopyState>(&host.connection->opened())) {
      host.copy = *copy;
      boot = copy->boot;
    } else if (const auto* facts = std::get_if<wire::NodeFacts>(&host.connection->opened())) {
      boot = facts->boot;
    }
    if (!boots.insert(boot).second)
      co_return fail(ErrorCode::kInvalidArgument,
                     fmt::format("formatting: {} is a node that is listed twice, under two addresses", address));
    hosts.push_back(kj::mv(host));
  }
  co_return kj::mv(hosts);
}

// What an earlier run began with; nullopt: none did.
Result<std::optional<wire::CopyState>> begun_before(const std::vector<Host>& hosts, const JournalUrl& url) {
  std::optional<wire::CopyState> begun;
  for (const Host& host : hosts) {
    if (!host.copy) continue;
    const wire::CopyState& copy = *host.copy;
    if (copy.end() != copy.start.position || copy.promised.value > 0)
      return fail(ErrorCode::kExists, fmt::format("formatting: {} holds a journal {} that was used already (namespace {}, up to txid {})",
                                                  host.address, url.name, to_hex(copy.namespace_id), copy.end().txid.value));
    if (begun && (begun->namespace_id != copy.namespace_id || begun->start.configuration != copy.start.configuration))
      return fail(ErrorCode::kExists,
                  fmt::format("formatting: the nodes hold journals {} of different origin; remove those that do not belong", url.name));
    begun = copy;
  }
  return begun;
}

}  // namespace

Task<Result<Configuration>> format_quorum(Seams seams, JournalUrl url, FormatPlan plan, std::chrono::nanoseconds patience,
                                          WorkWatcher* watcher) {
  CO_ASSIGN_OR_RETURN(std::vector<Host> hosts, co_await reach_all(seams, url, patience));
  CO_ASSIGN_OR_RETURN(const std::optional<wire::CopyState> begun, begun_before(hosts, url));
  Configuration configuration;
  wire::FormatRequest request;
  if (begun) {
    CO_ASSIGN_OR_RETURN(configuration, decode_configuration(as_bytes(begun->start.configuration)));
    request.namespace_id = begun->namespace_id;
    request.lineage = begun->lineage;
    request.start = begun->start;
  } else {
    configuration.min_copies = plan.min_copies;
    for (const Host& host : hosts) configuration.members.push_back(Member{seams.random.uuid(), host.address, MemberRole::kVoter});
    request.namespace_id = plan.namespace_id.is_nil() ? seams.random.uuid() : plan.namespace_id;
    request.lineage = plan.lineage;
    request.start.configuration = encode(configuration);
    request.start.position = plan.start;
    if (plan.start.txid.value == 0)
      request.start.position.digest = digest_of_new_start(request.namespace_id, request.lineage, request.start.configuration);
  }
  if (configuration.members.size() != hosts.size())
    co_return fail(ErrorCode::kExists, fmt::format("formatting: an unfinished format of journal {} names {} members, {} are listed now",
                                                   url.name, configuration.members.size(), hosts.size()));
  for (Host& host : hosts) {
    std::optional<Uuid> disk;
    for (const Member& member : configuration.members)
      if (member.address == host.address) disk = member.disk;
    if (!disk)
      co_return fail(ErrorCode::kExists,
                     fmt::format("formatting: an unfinished format of journal {} does not name {}", url.name, host.address));
    request.disk = *disk;
    auto formatted = co_await host.connection->ask(request);
    if (!formatted) co_return fail(formatted.error().within("formatting"));
    if (watcher != nullptr)
      watcher->step(fmt::format("{}: {}", host.address, host.copy ? "formatted before, nothing in it yet" : "formatted"));
  }
  co_return configuration;
}

namespace {

bool begins_like(const wire::CopyState& copy, const wire::CopyState& like) {
  return copy.namespace_id == like.namespace_id && copy.lineage == like.lineage && copy.start.position == like.start.position &&
         copy.start.configuration == like.start.configuration;
}

bool is_unused(const wire::CopyState& copy) {
  return copy.end() == copy.start.position && copy.promised.value == 0;
}

// Precondition: the node has no copy, or one from an interrupted request of the same kind.
Task<Result<wire::CopyState>> format_copy(NodeConnection& connection, wire::CopyState like, Uuid disk) {
  wire::FormatRequest request;
  request.namespace_id = like.namespace_id;
  request.lineage = like.lineage;
  request.disk = disk;
  request.start = like.start;
  CO_ASSIGN_OR_RETURN(const wire::Answer formatted, co_await connection.ask(std::move(request)));
  CO_ASSIGN_OR_RETURN(const wire::Answer answer, co_await connection.ask(wire::StateRequest{}));
  const auto* state = std::get_if<wire::CopyState>(&answer);
  if (state == nullptr) co_return fail(ErrorCode::kDamaged, fmt::format("{} does not say where its copy stands", connection.address()));
  co_return *state;
}

}  // namespace

Task<Result<std::vector<HostedCopy>>> format_copies(Seams seams, JournalUrl url, wire::CopyState like, std::chrono::nanoseconds patience,
                                                    WorkWatcher& watcher) {
  CO_ASSIGN_OR_RETURN(std::vector<Host> hosts, co_await reach_all(seams, url, patience));
  for (const Host& host : hosts)
    if (host.copy && !begins_like(*host.copy, like))
      co_return fail(ErrorCode::kExists,
                     fmt::format("formatting: {} holds a journal {} of another history already (namespace {}, from txid {} "
                                 "to {}); choose another name",
                                 host.address, url.name, to_hex(host.copy->namespace_id), host.copy->start.position.txid.value + 1,
                                 host.copy->end().txid.value));
  std::vector<HostedCopy> copies;
  for (Host& host : hosts) {
    HostedCopy copy;
    copy.address = host.address;
    if (host.copy) {
      copy.state = *host.copy;
      watcher.step(fmt::format("{}: holds a copy of this journal up to txid {}", host.address, copy.state.end().txid.value));
    } else {
      auto formatted = co_await format_copy(*host.connection, like, seams.random.uuid());
      if (!formatted) co_return fail(formatted.error().within("formatting"));
      copy.state = std::move(*formatted);
      watcher.step(fmt::format("{}: formatted", host.address));
    }
    copies.push_back(std::move(copy));
  }
  co_return copies;
}

Task<Result<Uuid>> format_learner(Seams seams, std::string address, std::string journal, wire::CopyState like,
                                  std::chrono::nanoseconds patience) {
  wire::Open open;
  open.journal = journal;
  CO_ASSIGN_OR_RETURN(kj::Own<NodeConnection> connection, co_await NodeConnection::open(seams, address, std::move(open), patience));
  if (const auto* copy = std::get_if<wire::CopyState>(&connection->opened())) {
    if (copy->namespace_id == like.namespace_id && copy->lineage == like.lineage && is_unused(*copy)) co_return copy->disk;
    co_return fail(ErrorCode::kExists,
                   fmt::format("{} holds a journal {} already (namespace {}, up to txid {}); remove its directory first if "
                               "it is of no use",
                               address, journal, to_hex(copy->namespace_id), copy->end().txid.value));
  }
  CO_ASSIGN_OR_RETURN(const wire::CopyState made, co_await format_copy(*connection, std::move(like), seams.random.uuid()));
  co_return made.disk;
}

}  // namespace varve
