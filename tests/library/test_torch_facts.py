"""Facts about torch that the guide states in prose.

A new torch that changes one fails here, and the comment names the page that no longer tells the
truth. Error texts are matched by the words that readers search for.
"""

import re
import warnings

import pytest
import torch
from torch import nn
from torch.autograd import Variable
from torch.nn import functional as F

L, N, H_in, H = 7, 4, 3, 5


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand(L, N, H_in)


@pytest.fixture
def lstm() -> nn.LSTM:
    return nn.LSTM(input_size=H_in, hidden_size=H)


def zeros(*shape: int, **options) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.zeros(*shape, **options), torch.zeros(*shape, **options)


# page: one-call
def test_h_n_is_the_last_step_of_output_and_c_n_is_not_in_it(lstm, x):
    output, (h_n, c_n) = lstm(x)
    torch.testing.assert_close(output[-1], h_n[0])
    assert ((output - c_n[0]).abs().amax(dim=-1) > 1e-4).all()


# page: axes-and-outputs
def test_only_the_top_layer_is_in_output_and_the_reverse_half_ends_at_step_0(x):
    lstm = nn.LSTM(H_in, H, num_layers=2, bidirectional=True)
    output, (h_n, _) = lstm(x)
    torch.testing.assert_close(output[-1, :, :H], h_n[2])
    torch.testing.assert_close(output[0, :, H:], h_n[3])
    for row in h_n[:2]:
        assert (output.unflatten(-1, (2, H)) - row[:, None]).abs().amax(dim=-1).min() > 1e-4


# page: constructor-arguments
def test_the_fourth_positional_argument_is_bias():
    lstm = nn.LSTM(128, 64, 1, False)
    assert lstm.bias is False
    assert lstm.batch_first is False


# page: constructor-arguments
def test_dropout_with_one_layer_only_warns():
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last"):
        nn.LSTM(H_in, H, dropout=0.5)


# page: layouts
def test_batch_first_moves_input_and_output_but_no_state(lstm, x):
    batch_first = nn.LSTM(H_in, H, batch_first=True)
    batch_first.load_state_dict(lstm.state_dict())
    output, (h_n, _) = lstm(x)
    other, (other_h_n, _) = batch_first(x.transpose(0, 1))
    torch.testing.assert_close(other.transpose(0, 1), output)
    torch.testing.assert_close(other_h_n, h_n)


# page: layouts
def test_a_2d_input_is_one_unbatched_sequence(lstm, x):
    output, (h_n, _) = lstm(x[:, 0])
    assert output.shape == (L, H)
    assert h_n.shape == (1, H)


# page: bulk-and-loop
def test_bulk_equals_loop(lstm, x):
    bulk, _ = lstm(x)
    state, steps = None, []
    for step in x:
        output, state = lstm(step[None], state)
        steps.append(output)
    torch.testing.assert_close(torch.cat(steps), bulk)


# page: initial-state
def test_an_omitted_state_means_zeros(lstm, x):
    torch.testing.assert_close(lstm(x)[0], lstm(x, zeros(1, N, H))[0])


# page: view-and-transpose
def test_a_batch_first_output_is_not_contiguous():
    output, _ = nn.LSTM(H_in, H, batch_first=True)(torch.rand(N, L, H_in))
    assert not output.is_contiguous()
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        output.view(-1)


# page: lstm-in-a-module
def test_variable_returns_a_plain_tensor_and_volatile_has_no_effect(x):
    assert type(Variable(x)) is torch.Tensor
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert (Variable(torch.ones(2), volatile=True) * 2).requires_grad is False
    assert "volatile was removed" in str(caught[0].message)


# page: tokens-to-vectors
def test_one_hot_times_a_matrix_is_an_embedding():
    embedding = nn.Embedding(6, 3)
    ids = torch.tensor([[0, 5, 2]])
    torch.testing.assert_close(F.one_hot(ids, 6).float() @ embedding.weight, embedding(ids))


# page: carrying-state, state-inside-a-module
def test_to_moves_parameters_but_no_plain_attribute(lstm):
    lstm.state = torch.zeros(2)
    lstm.double()
    assert lstm.weight_ih_l0.dtype == torch.float64
    assert lstm.state.dtype == torch.float32


# page: encoder
def test_in_two_directions_the_last_row_of_h_n_teaches_the_reverse_direction_only(x):
    lstm = nn.LSTM(H_in, H, bidirectional=True)
    _, (h_n, _) = lstm(x)
    h_n[-1].square().sum().backward()
    assert not lstm.weight_ih_l0.grad.any()
    assert lstm.weight_ih_l0_reverse.grad.any()


# page: unrolling
def test_a_cell_has_the_weights_of_the_layer_without_the_ending(lstm, x):
    cell = nn.LSTMCell(H_in, H)
    cell.load_state_dict({name[: -len("_l0")]: w for name, w in lstm.state_dict().items()})
    h, c = zeros(N, H)
    for x_t in x:
        h, c = cell(x_t, (h, c))
    torch.testing.assert_close((h, c), tuple(tensor[0] for tensor in lstm(x)[1]))


# page: unrolling
def test_hooks_run_in_a_call_and_not_in_forward(lstm, x):
    calls = []
    lstm.register_forward_hook(lambda *_: calls.append(1))
    lstm.forward(x)
    assert calls == []
    lstm(x)
    assert calls == [1]


# page: unrolling
def test_torch_takes_one_step_in_two_directions_for_a_whole_sequence(x):
    lstm = nn.LSTM(H_in, H, bidirectional=True)
    difference = (lstm(x[:1])[0] - lstm(x)[0][:1]).abs()
    assert difference[..., :H].max() < 1e-6
    assert difference[..., H:].max() > 1e-3


# page: decoder
def test_cross_entropy_leaves_out_targets_of_minus_100():
    scores, target = torch.randn(3, 5), torch.tensor([4, -100, 0])
    torch.testing.assert_close(
        F.cross_entropy(scores, target), F.cross_entropy(scores[[0, 2]], target[[0, 2]])
    )


def second_backward(lstm: nn.LSTM, x: torch.Tensor) -> None:
    state = zeros(1, N, H)
    for _ in range(2):
        output, state = lstm(x, state)
        output.sum().backward()


def step_after_retain_graph(lstm: nn.LSTM, x: torch.Tensor) -> None:
    optimizer, state = torch.optim.SGD(lstm.parameters(), lr=0.1), zeros(1, N, H)
    for _ in range(2):
        output, state = lstm(x, state)
        output.sum().backward(retain_graph=True)
        optimizer.step()


MESSAGES = {
    # page: axes-and-outputs, tokens-to-vectors, device-and-dtype
    "input.size(-1) must be equal to input_size. Expected 3, got 2": lambda lstm, x: lstm(
        x[..., :2]
    ),
    "LSTM: Expected input to be 2D or 3D, got 1D instead": lambda lstm, x: lstm(x[0, 0]),
    "RNN input dtype (torch.int64) does not match weight dtype": lambda lstm, x: lstm(x.long()),
    "RNN input dtype (torch.float64) does not match weight dtype": lambda lstm, x: lstm(x.double()),
    "only accepts floating point or complex dtypes": lambda lstm, x: lstm.to(torch.int64),
    "not at the same device, found input tensor at meta": lambda lstm, x: lstm(x.to("meta")),
    # page: initial-state, carrying-state
    "Expected hidden[0] size (1, 4, 5), got [4, 1, 5]": lambda lstm, x: lstm(x, zeros(N, 1, H)),
    "Expected hidden[0] size (1, 4, 5), got [1, 16, 5]": lambda lstm, x: lstm(x, zeros(1, 16, H)),
    "For batched 3-D input, hx and cx should also be 3-D": lambda lstm, x: lstm(x, zeros(N, H)),
    "index 1 is out of bounds for dimension 0 with size 1": (
        lambda lstm, x: lstm(x, torch.zeros(1, N, H))
    ),
    "Trying to backward through the graph a second time": second_backward,
    "modified by an inplace operation": step_after_retain_graph,
    # page: transducer
    "Expected target size [7, 5], got [7, 4]": lambda lstm, x: F.cross_entropy(
        lstm(x)[0], torch.zeros(L, N, dtype=torch.int64)
    ),
    # page: decoder
    "For unbatched 2-D input, hx and cx should also be 2-D": lambda lstm, x: lstm(
        x[0], zeros(1, N, H)
    ),
    # page: encoder-decoder
    "Expected hidden[0] size (1, 4, 5), got [2, 4, 5]": lambda lstm, x: lstm(x, zeros(2, N, H)),
    # page: lstm-in-a-module
    "linear(): argument 'input' (position 1) must be Tensor, not tuple": (
        lambda lstm, x: nn.Sequential(lstm, nn.Linear(H, 2))(x)
    ),
    "'tuple' object has no attribute 'dim'": (
        lambda lstm, x: nn.Sequential(lstm, nn.LSTM(H, 2))(x)
    ),
    "index out of range in self": lambda lstm, x: nn.Embedding(6, 3)(torch.tensor([6])),
    "cannot assign module before Module.__init__() call": (
        lambda lstm, x: type("M", (nn.Module,), {"__init__": lambda m: setattr(m, "a", lstm)})()
    ),
}


@pytest.mark.parametrize("text", MESSAGES)
def test_a_message_that_the_pages_quote(text: str, lstm, x):
    with pytest.raises(Exception, match=re.escape(text)):
        MESSAGES[text](lstm, x)
