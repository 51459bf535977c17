// Nodes as the tests of status, metrics and page show them.
#pragma once

#include <fmt/format.h>

#include "journal/node_status.h"

namespace varve::testing {

inline JournalCopyStatus well_journal(const std::string& name = "rm1") {
  JournalCopyStatus journal;
  journal.name = name;
  journal.namespace_id = Uuid{0x1122334455667788, 0x99aabbccddeeff00};
  journal.disk = Uuid{1, 0xd15c};
  journal.directory = "/var/lib/varve/" + name;
  journal.member = true;
  journal.members = {{Uuid{1, 0xd15c}, "j1.example.com:8485", MemberRole::kVoter},
                     {Uuid{2, 0xd15c}, "j2.example.com:8485", MemberRole::kVoter},
                     {Uuid{3, 0xd15c}, "j3.example.com:8485", MemberRole::kLearner}};
  journal.promised = Epoch{7};
  journal.writer = "rm-a";
  journal.writer_host = "rm-a.example.com";
  journal.writer_connected = true;
  journal.first = TxId{1};
  journal.end = {TxId{1'234'567}, Epoch{7}, Digest{5, 6}};
  journal.committed = {TxId{1'234'560}, Epoch{7}, Digest{7, 8}};
  journal.writer_end = TxId{1'234'570};
  journal.segments = 19;
  journal.disk_bytes = 1'275'068'416;
  journal.followers = 2;
  journal.batches = 50'000;
  journal.frames = 61'000;
  journal.transactions = 1'234'567;
  journal.bytes = 410'000'000;
  journal.promises = 3;
  journal.sync = {.count = 50'000, .sum_us = 21'000'000, .p50_us = 410, .p90_us = 690, .p99_us = 1'900, .max_us = 7'300};
  journal.last_append_wall_us = 1'700'000'000'000'000;
  return journal;
}

inline NodeStatus empty_node() {
  NodeStatus node;
  node.version = "0.1.0";
  node.name = "j1";
  node.address = "j1.example.com:8485";
  node.directory = "/var/lib/varve";
  node.started_wall_us = 1'700'000'000'000'000 - 3'723'000'000;  // 1 h 2 min 3 s
  node.now_wall_us = 1'700'000'000'000'000;
  node.boot = Uuid{0xb007, 1};
  node.disk_free_bytes = 48ull << 30;
  node.disk_reserve_bytes = 64ull << 20;
  node.memory_bytes = 21ull << 20;
  return node;
}

inline NodeStatus well_node() {
  NodeStatus node = empty_node();
  node.connections = 5;
  node.journals = {well_journal("rm1"), well_journal("rm2")};
  return node;
}

inline NodeStatus damaged_node() {
  NodeStatus node = well_node();
  JournalCopyStatus& bad = node.journals.back();
  bad.tail_certain = false;
  bad.writer_connected = false;
  bad.damage = {"edits_inprogress_0000000000001200001 at offset 8192, txid 1234001: a frame's digest does not hold"};
  bad.pulling_from = "j2.example.com:8485";
  bad.writer_end = TxId{1'300'000};
  return node;
}

}  // namespace varve::testing
