#include "e2tad/pipeline/frame_feed.hpp"

#include <chrono>

namespace e2tad::pipeline {

FrameFeed::FrameFeed(video::VideoReader &reader, std::size_t capacity, bool beside) : reader_(reader) {
    const std::size_t queues = beside ? 2 : 1;
    queues_.reserve(queues);
    for (std::size_t i = 0; i < queues; ++i) {
        queues_.emplace_back(capacity, reader.image_width(), reader.image_height());
    }
    if (beside) thread_ = std::thread([this] { fill_ahead(); });
}

FrameFeed::~FrameFeed() {
    stop();
}

void FrameFeed::stop() {
    {
        const std::lock_guard guard(mutex_);
        quit_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void FrameFeed::fill(video::ImageQueue &queue) {
    const auto started = std::chrono::steady_clock::now();
    queue.fill(reader_);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started;
    const std::lock_guard guard(mutex_);
    seconds_ += spent.count();
}

void FrameFeed::fill_ahead() {
    for (std::size_t i = 0;; i = 1 - i) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return quit_ || !full_; });
            if (quit_) return;
        }
        std::exception_ptr failure;
        try {
            fill(queues_[i]);
        } catch (...) {
            failure = std::current_exception();
        }
        {
            const std::lock_guard guard(mutex_);
            failure_ = failure;
            full_ = true;
        }
        changed_.notify_all();
        if (failure || queues_[i].size() == 0) return;
    }
}

const video::ImageQueue *FrameFeed::next() {
    video::ImageQueue &queue = queues_[current_];
    if (!thread_.joinable()) {
        fill(queue);
        return queue.size() > 0 ? &queue : nullptr;
    }
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return full_; });
        if (failure_) std::rethrow_exception(failure_);
        if (queue.size() == 0) return nullptr;
        // The other queue is the one that was handed out before, so it is free now.
        full_ = false;
        current_ = 1 - current_;
    }
    changed_.notify_all();
    return &queue;
}

double FrameFeed::seconds() {
    const std::lock_guard guard(mutex_);
    return seconds_;
}

std::size_t FrameFeed::bytes() const {
    return queues_.size() * queues_.front().capacity() * queues_.front().image_bytes();
}

}  // namespace e2tad::pipeline
