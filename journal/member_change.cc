#include "journal/member_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "journal/node_connection.h"
#include "journal/quorum_format.h"

namespace varve {
namespace {

constexpr TxId kOnlyItsVote{~std::uint64_t{0}};

Result<void> check_address(const std::string& address) {
  const auto url = parse_journal_url("quorum://" + address + "/x");
  if (url && url->hosts.size() == 1 && url->name == "x") return ok();
  return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is not HOST:PORT of a journal node", address));
}

}  // namespace

Task<Result<void>> MemberChange::look() {
  findings_ = co_await survey_quorum(seams_, url_, options_.node_patience);
  if (findings_.best() == nullptr) {
    std::string text = fmt::format("journal {}: no node that was named holds a copy:", url_.name);
    for (const NodeFinding& node : findings_.nodes) text += fmt::format(" {};", node.problem);
    co_return fail(ErrorCode::kNotFound, std::move(text));
  }
  std::vector<std::string> known = findings_.addresses();
  url_.hosts = std::move(known);
  co_return ok();
}

Task<Result<void>> MemberChange::add(std::string address) {
  CO_TRY(check_address(address));
  CO_TRY(co_await look());
  const Member* member = findings_.member(address);
  if (member != nullptr && member->role != MemberRole::kLearner)
    co_return fail(ErrorCode::kExists, fmt::format("{} is a member already: {}", address, members_text(findings_.configuration)));
  if (member == nullptr) CO_TRY(co_await make_learner(address));
  co_return co_await wait_until_it_votes(std::move(address));
}

Task<Result<void>> MemberChange::make_learner(std::string address) {
  watcher_.step(fmt::format("adding {} to journal {}, whose members are {}", address, url_.name, members_text(findings_.configuration)));
  auto disk = co_await format_learner(seams_, address, url_.name, *findings_.best()->state, options_.node_patience);
  if (!disk) co_return fail(disk.error().within("nothing was changed"));
  for (const Member& member : findings_.configuration.members)
    if (member.disk == *disk) co_return fail(ErrorCode::kExists, fmt::format("{} is the node of the member {}", address, member.address));
  watcher_.step(fmt::format("{}: an empty copy is there", address));
  wire::AddMember add;
  add.disk = *disk;
  add.address = address;
  wire::ChangeRequest request;
  request.change = std::move(add);
  CO_TRY(co_await ask_writer(std::move(request)));
  watcher_.step(fmt::format("{} is a learner and catches up while writing goes on", address));
  co_return ok();
}

Task<Result<void>> MemberChange::remove(std::string address, bool force) {
  CO_TRY(check_address(address));
  CO_TRY(co_await look());
  CO_TRY(co_await drop(address, force));
  CO_TRY(co_await look());
  watcher_.step(fmt::format("members are now {}", members_text(findings_.configuration)));
  co_return ok();
}

Task<Result<void>> MemberChange::drop(std::string address, bool force) {
  const Member* member = findings_.member(address);
  if (member == nullptr)
    co_return fail(ErrorCode::kNotFound, fmt::format("{} is no member; members are {}", address, members_text(findings_.configuration)));
  wire::RemoveMember remove;
  remove.disk = member->disk;
  wire::ChangeRequest request;
  request.change = remove;
  request.force = force;
  watcher_.step(fmt::format("removing {} ({}) from journal {}{}", address, to_string(member->role), url_.name, force ? ", by force" : ""));
  CO_TRY(co_await ask_writer(std::move(request)));
  watcher_.step(fmt::format("{} is no member any more; its copy is of no use to the others and may be deleted", address));
  co_return ok();
}

Task<Result<void>> MemberChange::replace(std::string removed, std::string added) {
  CO_TRY(check_address(removed));
  CO_TRY(check_address(added));
  if (removed == added) co_return fail(ErrorCode::kInvalidArgument, fmt::format("{} cannot take its own place", added));
  CO_TRY(co_await look());
  const Member* learner = findings_.member(added);
  if (findings_.member(removed) == nullptr && learner == nullptr)
    co_return fail(ErrorCode::kNotFound, fmt::format("{} is no member; members are {}", removed, members_text(findings_.configuration)));
  if (findings_.member(removed) != nullptr) {
    const TxId target = findings_.committed.txid;
    if (learner == nullptr) CO_TRY(co_await make_learner(added));
    CO_TRY(co_await wait_until_caught_up(added, target));
    CO_TRY(co_await drop(std::move(removed), false));
  }
  co_return co_await wait_until_it_votes(std::move(added));
}

// --- The writer ---

bool MemberChange::is_done(const wire::ChangeRequest& request) const {
  const auto names = [this](Uuid disk) {
    return std::ranges::any_of(findings_.configuration.members, [&](const Member& m) { return m.disk == disk; });
  };
  if (const auto* add = std::get_if<wire::AddMember>(&request.change)) return names(add->disk);
  return !names(std::get<wire::RemoveMember>(request.change).disk);
}

// Until it is committed. An answer that is lost is looked for in the configuration.
Task<Result<void>> MemberChange::ask_writer(wire::ChangeRequest request) {
  const auto begun = seams_.clock.now();
  auto seen = begun;  // a writer, at last
  while (true) {
    auto asked = co_await ask_each(request);
    if (asked && *asked) co_return ok();
    CO_TRY(co_await look());
    if (is_done(request)) co_return ok();
    const auto now = seams_.clock.now();
    if (!asked) seen = now;
    if (!asked && (asked.error().code() != ErrorCode::kBusy || now - begun >= options_.change_patience)) co_return fail(asked.error());
    if (now - seen >= options_.writer_patience)
      co_return fail(ErrorCode::kRefused,
                     "no writer is connected to any node: members are changed by the active resource manager; start it and try again");
    co_await seams_.clock.after(options_.poll);
  }
}

// True when the writer did it, false when no node knows a writer. kBusy: the writer is to be asked again.
Task<Result<bool>> MemberChange::ask_each(const wire::ChangeRequest& request) {
  const wire::CopyState like = *findings_.best()->state;
  const std::vector<std::string> addresses = findings_.addresses();
  for (const std::string& address : addresses) {
    wire::Open open;
    open.journal = url_.name;
    open.namespace_id = like.namespace_id;
    open.lineage = like.lineage;
    auto connection = co_await NodeConnection::open(seams_, address, std::move(open), options_.change_patience);
    if (!connection) continue;
    wire::Request question = request;
    auto answer = co_await (*connection)->ask_for_answer(std::move(question));
    if (!answer) co_return fail(ErrorCode::kBusy, answer.error().text());  // it may have been done
    const auto* refused = std::get_if<wire::Refusal>(&*answer);
    if (refused == nullptr) co_return true;
    if (refused->code == ErrorCode::kClosed) co_return fail(ErrorCode::kBusy, refused->text);
    if (refused->code != ErrorCode::kNotFound) co_return fail(refused->error().within("the writer refuses"));
  }
  co_return false;
}

// --- Waiting ---

Task<Result<void>> MemberChange::wait_until_caught_up(std::string address, TxId target) {
  co_return co_await wait_for_member(std::move(address), "caught up", target);
}

Task<Result<void>> MemberChange::wait_until_it_votes(std::string address) {
  CO_TRY(co_await wait_for_member(address, "votes", kOnlyItsVote));
  watcher_.step(fmt::format("{} votes; members are now {}", address, members_text(findings_.configuration)));
  co_return ok();
}

// Until it votes, or knows `caught_up` to be committed.
Task<Result<void>> MemberChange::wait_for_member(std::string address, std::string what, TxId caught_up) {
  TxId reached;
  auto moved = seams_.clock.now();
  while (true) {
    CO_TRY(co_await look());
    const Member* member = findings_.member(address);
    if (member == nullptr)
      co_return fail(ErrorCode::kNotFound,
                     fmt::format("{} is no member any more; members are {}", address, members_text(findings_.configuration)));
    const bool committed = findings_.committed.txid >= findings_.configuration.txid;
    if (member->role != MemberRole::kLearner && committed) co_return ok();
    const NodeFinding* finding = findings_.find(address);
    if (finding != nullptr && finding->state) {
      if (finding->state->committed.txid >= caught_up) co_return ok();
      const TxId now_at = finding->state->end().txid;
      if (now_at > reached) moved = seams_.clock.now();
      reached = std::max(reached, now_at);
      watcher_.reached(now_at, findings_.end.txid);
    }
    if (seams_.clock.now() - moved > options_.stall_patience)
      co_return fail(
          ErrorCode::kIo,
          fmt::format("{} has not {} yet and comes no further: it is at txid {} of {}{}{}; it goes on by itself as soon as it can, "
                      "and the same command waits for it again",
                      address, what == "votes" ? "got its vote" : what, reached.value, findings_.end.txid.value,
                      finding != nullptr && !finding->problem.empty() ? ": " : "", finding != nullptr ? finding->problem : ""));
    co_await seams_.clock.after(options_.poll);
  }
}

}  // namespace varve
