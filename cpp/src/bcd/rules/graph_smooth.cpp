#include "pauca/bcd/rules/graph_smooth.hpp"

namespace pauca::bcd::rules {

GraphSmooth::GraphSmooth(graph::SparseSymmetric q, Vector c) : q_(std::move(q)), c_(std::move(c)) {
  lipschitz_ = q_.diagonal;
  product_.setZero(q_.size());
  mark_.assign(q_.size(), 0);
  place_.assign(q_.size(), -1);
  reset(Vector::Zero(q_.size()));
}

void GraphSmooth::reset(const Vector& x) {
  x_ = x;
  gradient_.resize(x.size());
  for (Index i = 0; i < x.size(); ++i) {
    double total = q_.diagonal[i] * x[i] - c_[i];
    for (Index k = q_.begin[i]; k < q_.begin[i + 1]; ++k) total += q_.weight[k] * x[q_.neighbour[k]];
    gradient_[i] = total;
  }
  value_ = 0.5 * x_.dot(gradient_ - c_);
}

void GraphSmooth::gradient(const Block& block, Vector& g) {
  g.resize(static_cast<Index>(block.size()));
  for (std::size_t k = 0; k < block.size(); ++k) g[static_cast<Index>(k)] = gradient_[block[k]];
}

void GraphSmooth::aim(const Block& block, const Vector& d) {
  for (Index i : changed_) {
    mark_[i] = 0;
    product_[i] = 0.0;
  }
  changed_.clear();
  block_ = block;
  d_ = d;
  auto add = [&](Index i, double v) {
    if (!mark_[i]) {
      mark_[i] = 1;
      changed_.push_back(i);
    }
    product_[i] += v;
  };
  for (std::size_t k = 0; k < block.size(); ++k) {
    const Index i = block[k];
    const double v = d[static_cast<Index>(k)];
    if (v == 0.0) continue;
    add(i, q_.diagonal[i] * v);
    for (Index e = q_.begin[i]; e < q_.begin[i + 1]; ++e) add(q_.neighbour[e], q_.weight[e] * v);
  }
  slope_ = bend_ = 0.0;
  for (std::size_t k = 0; k < block.size(); ++k) {
    slope_ += gradient_[block[k]] * d[static_cast<Index>(k)];
    bend_ += product_[block[k]] * d[static_cast<Index>(k)];
  }
}

void GraphSmooth::step(double t) {
  value_ = probe(t);
  for (std::size_t k = 0; k < block_.size(); ++k) x_[block_[k]] += t * d_[static_cast<Index>(k)];
  for (Index i : changed_) gradient_[i] += t * product_[i];
}

void GraphSmooth::bound(const Block& a, const Block& b, Matrix& out) {
  out.setZero(static_cast<Index>(a.size()), static_cast<Index>(b.size()));
  for (std::size_t i = 0; i < a.size(); ++i) place_[a[i]] = static_cast<Index>(i);
  for (std::size_t k = 0; k < b.size(); ++k) {
    const Index j = b[k];
    if (place_[j] >= 0) out(place_[j], static_cast<Index>(k)) = q_.diagonal[j];
    for (Index e = q_.begin[j]; e < q_.begin[j + 1]; ++e)
      if (place_[q_.neighbour[e]] >= 0) out(place_[q_.neighbour[e]], static_cast<Index>(k)) += q_.weight[e];
  }
  for (Index i : a) place_[i] = -1;
}

void GraphSmooth::bound_times(const Block& block, const Vector& d, Vector& out) {
  out.setZero(x_.size());
  for (std::size_t k = 0; k < block.size(); ++k) {
    const Index i = block[k];
    out[i] += q_.diagonal[i] * d[static_cast<Index>(k)];
    for (Index e = q_.begin[i]; e < q_.begin[i + 1]; ++e)
      out[q_.neighbour[e]] += q_.weight[e] * d[static_cast<Index>(k)];
  }
}

}  // namespace pauca::bcd::rules
