#include "bench/peers/etcd_connection.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace varve::peers {
namespace {

constexpr unsigned kKeys = 100'000;

int connect_to(const ClusterLoad& load) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(load.host.c_str(), load.port.c_str(), &hints, &found) != 0) give_up("no such host: " + load.host);
  const int made = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0 || connect(made, found->ai_addr, found->ai_addrlen) != 0)
    give_up("connecting to " + load.host + ":" + load.port + ": " + std::strerror(errno));
  freeaddrinfo(found);
  const int on = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return made;
}

void append_varint(std::string& to, std::size_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}

void append_field(std::string& to, char tag, const std::string& bytes) {
  to.push_back(tag);
  append_varint(to, bytes.size());
  to += bytes;
}

// A gRPC message (flag, length) with an etcdserverpb.PutRequest { bytes key = 1; bytes value = 2; }.
void fill_message(std::string& message, const std::string& key, const std::string& value) {
  message.assign(5, '\0');
  append_field(message, 0x0a, key);
  append_field(message, 0x12, value);
  const std::size_t size = message.size() - 5;
  for (int i = 0; i < 4; ++i) message[1 + static_cast<std::size_t>(i)] = static_cast<char>(size >> (24 - 8 * i));
}

nghttp2_nv header(const std::string& name, const std::string& value) {
  const auto bytes = [](const std::string& text) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

void require(long status, const char* what) {
  if (status < 0) give_up(std::string(what) + ": " + nghttp2_strerror(static_cast<int>(status)));
}

}  // namespace

EtcdConnection::EtcdConnection(const ClusterLoad& load, unsigned number, Answered answered)
    : socket_(connect_to(load)),
      authority_(load.host + ":" + load.port),
      value_(load.value_bytes, 'v'),
      random_(number),
      answered_(std::move(answered)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  require(nghttp2_session_callbacks_new(&callbacks), "nghttp2");
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_closed);
  require(nghttp2_session_client_new(&session_, callbacks, this), "nghttp2");
  nghttp2_session_callbacks_del(callbacks);
  require(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0), "nghttp2");
}

EtcdConnection::~EtcdConnection() {
  nghttp2_session_del(session_);
  close(socket_);
}

void EtcdConnection::keep_one_under_way() {
  submit(puts_.emplace_back());
}

void EtcdConnection::submit(Put& put) {
  static const std::string names[] = {":method", ":scheme", ":path", ":authority", "content-type", "te"};
  static const std::string values[] = {"POST", "http", "/etcdserverpb.KV/Put", "", "application/grpc", "trailers"};
  const nghttp2_nv headers[] = {header(names[0], values[0]),  header(names[1], values[1]), header(names[2], values[2]),
                                header(names[3], authority_), header(names[4], values[4]), header(names[5], values[5])};
  char key[17];
  std::snprintf(key, sizeof key, "%016llx", static_cast<unsigned long long>(random_() % kKeys));
  fill_message(put.message, key, value_);
  put.sent_bytes = 0;
  put.status.clear();
  put.sent = Steady::now();
  nghttp2_data_provider body{};
  body.source.ptr = &put;
  body.read_callback = read_message;
  require(nghttp2_submit_request(session_, nullptr, headers, std::size(headers), &body, &put), "a put");
}

ssize_t EtcdConnection::read_message(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                                     nghttp2_data_source* source, void*) {
  Put& put = *static_cast<Put*>(source->ptr);
  const std::size_t size = std::min(room, put.message.size() - put.sent_bytes);
  std::memcpy(to, put.message.data() + put.sent_bytes, size);
  put.sent_bytes += size;
  if (put.sent_bytes == put.message.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

int EtcdConnection::on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void*) {
  static constexpr std::string_view kStatus = "grpc-status";
  if (std::string_view(reinterpret_cast<const char*>(name), name_size) != kStatus) return 0;
  if (auto* put = static_cast<Put*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id)))
    put->status.assign(reinterpret_cast<const char*>(value), value_size);
  return 0;
}

int EtcdConnection::on_closed(nghttp2_session* session, std::int32_t stream, std::uint32_t error, void* connection) {
  Put& put = *static_cast<Put*>(nghttp2_session_get_stream_user_data(session, stream));
  auto& self = *static_cast<EtcdConnection*>(connection);
  if (error != 0 || put.status != "0") give_up("etcd refused a put: HTTP/2 error " + std::to_string(error) + ", gRPC status " + put.status);
  self.answered_(put.sent);
  self.submit(put);
  return 0;
}

void EtcdConnection::receive() {
  std::uint8_t bytes[65536];
  const ssize_t got = recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) give_up("etcd closed the connection");
  require(nghttp2_session_mem_recv(session_, bytes, static_cast<std::size_t>(got)), "what etcd sent");
}

void EtcdConnection::flush() {
  out_.clear();
  const std::uint8_t* bytes = nullptr;
  for (ssize_t size; (size = nghttp2_session_mem_send(session_, &bytes)) != 0;) {
    require(size, "nghttp2");
    out_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  for (std::size_t done = 0; done < out_.size();) {
    const ssize_t sent = send(socket_, out_.data() + done, out_.size() - done, MSG_NOSIGNAL);
    if (sent < 0) give_up(std::string("sending to etcd: ") + std::strerror(errno));
    done += static_cast<std::size_t>(sent);
  }
}

}  // namespace varve::peers
