// One connection to an etcd member: puts, each a gRPC call of its own, over cleartext HTTP/2.
#pragma once

#include <nghttp2/nghttp2.h>

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "bench/peers/cluster_load.h"

namespace varve::peers {

// Threads: one. Errors: any ends the process, with a line on standard error.
class EtcdConnection {
 public:
  using Answered = std::function<void(Steady::time_point sent)>;

  // Connects; `answered` is called for each put that etcd says is done.
  EtcdConnection(const ClusterLoad& load, unsigned number, Answered answered);
  ~EtcdConnection();
  EtcdConnection(const EtcdConnection&) = delete;
  EtcdConnection& operator=(const EtcdConnection&) = delete;

  int descriptor() const { return socket_; }
  // Starts a put of a random key and goes on with another whenever it is answered. Sent by flush().
  void keep_one_under_way();
  // Takes what has arrived.
  void receive();
  // Sends what waits.
  void flush();

 private:
  struct Put {
    std::string message;
    std::size_t sent_bytes = 0;
    std::string status;
    Steady::time_point sent;
  };

  void submit(Put& put);
  static ssize_t read_message(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                              nghttp2_data_source* source, void*);
  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void*);
  static int on_closed(nghttp2_session* session, std::int32_t stream, std::uint32_t error, void* connection);

  int socket_ = -1;
  nghttp2_session* session_ = nullptr;
  std::string authority_;
  std::string value_;
  std::mt19937_64 random_;
  std::deque<Put> puts_;
  std::string out_;
  Answered answered_;
};

}  // namespace varve::peers
