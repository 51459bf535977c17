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

Task<Result<Configuration>> format_quorum(Seams seams, JournalUrl url, FormatPlan plan, std::chrono::nanoseconds patience) {
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
  }
  co_return configuration;
}

Task<Result<Uuid>> format_learner(Seams seams, std::string address, std::string journal, wire::CopyState like,
                                  std::chrono::nanoseconds patience) {
  wire::Open open;
  open.journal = journal;
  CO_ASSIGN_OR_RETURN(kj::Own<NodeConnection> connection, co_await NodeConnection::open(seams, address, std::move(open), patience));
  if (std::holds_alternative<wire::CopyState>(connection->opened()))
    co_return fail(ErrorCode::kExists,
                   fmt::format("{} holds a journal {} already; remove its directory first if it is of no use", address, journal));
  wire::FormatRequest request;
  request.namespace_id = like.namespace_id;
  request.lineage = like.lineage;
  request.disk = seams.random.uuid();
  request.start = like.start;
  const Uuid disk = request.disk;
  auto formatted = co_await connection->ask(std::move(request));
  if (!formatted) co_return fail(formatted.error());
  co_return disk;
}

}  // namespace varve
