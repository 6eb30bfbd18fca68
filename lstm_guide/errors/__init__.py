"""The checks of (lstm, x, state, lengths, mask) and the words of their errors.

Every text is one line in four parts: the argument, what is expected in letters and numbers, what
was given, and what to change. What is expected comes in from ``shapes``, which owns the arithmetic.
"""

from lstm_guide.errors.catalogue import (
    check_message as check_message,
)
from lstm_guide.errors.catalogue import (
    check_said as check_said,
)
from lstm_guide.errors.decoding import (
    check_embedded as check_embedded,
)
from lstm_guide.errors.decoding import (
    check_functions as check_functions,
)
from lstm_guide.errors.decoding import (
    check_scores as check_scores,
)
from lstm_guide.errors.decoding import (
    check_start as check_start,
)
from lstm_guide.errors.decoding import (
    check_teacher as check_teacher,
)
from lstm_guide.errors.exercises import (
    check_answer as check_answer,
)
from lstm_guide.errors.exercises import (
    check_exercise as check_exercise,
)
from lstm_guide.errors.inputs import (
    check_dense as check_dense,
)
from lstm_guide.errors.inputs import (
    check_device as check_device,
)
from lstm_guide.errors.inputs import (
    check_input as check_input,
)
from lstm_guide.errors.inputs import (
    check_input_sizes as check_input_sizes,
)
from lstm_guide.errors.inputs import (
    check_kind as check_kind,
)
from lstm_guide.errors.inputs import (
    check_packed as check_packed,
)
from lstm_guide.errors.inputs import (
    check_tensor as check_tensor,
)
from lstm_guide.errors.inputs import (
    weight_of as weight_of,
)
from lstm_guide.errors.module import (
    check_count as check_count,
)
from lstm_guide.errors.module import (
    check_lstm as check_lstm,
)
from lstm_guide.errors.module import (
    check_one_direction as check_one_direction,
)
from lstm_guide.errors.module import (
    check_projection as check_projection,
)
from lstm_guide.errors.module import (
    check_switch as check_switch,
)
from lstm_guide.errors.probes import (
    check_answer_axis as check_answer_axis,
)
from lstm_guide.errors.probes import (
    check_answer_steps as check_answer_steps,
)
from lstm_guide.errors.probes import (
    check_callable as check_callable,
)
from lstm_guide.errors.probes import (
    check_classes as check_classes,
)
from lstm_guide.errors.probes import (
    check_ids as check_ids,
)
from lstm_guide.errors.probes import (
    check_loop as check_loop,
)
from lstm_guide.errors.probes import (
    check_loss as check_loss,
)
from lstm_guide.errors.probes import (
    check_model_answer as check_model_answer,
)
from lstm_guide.errors.probes import (
    check_moving_targets as check_moving_targets,
)
from lstm_guide.errors.probes import (
    check_numbers as check_numbers,
)
from lstm_guide.errors.probes import (
    check_same_sizes as check_same_sizes,
)
from lstm_guide.errors.probes import (
    check_sample as check_sample,
)
from lstm_guide.errors.probes import (
    check_targets as check_targets,
)
from lstm_guide.errors.probes import (
    check_wanted_steps as check_wanted_steps,
)
from lstm_guide.errors.sequences import (
    check_dim as check_dim,
)
from lstm_guide.errors.sequences import (
    check_generator as check_generator,
)
from lstm_guide.errors.sequences import (
    check_lengths as check_lengths,
)
from lstm_guide.errors.sequences import (
    check_mask as check_mask,
)
from lstm_guide.errors.sequences import (
    check_option as check_option,
)
from lstm_guide.errors.sequences import (
    check_output as check_output,
)
from lstm_guide.errors.sequences import (
    check_padded as check_padded,
)
from lstm_guide.errors.sequences import (
    check_steps as check_steps,
)
from lstm_guide.errors.sequences import (
    check_values as check_values,
)
from lstm_guide.errors.states import (
    check_batched as check_batched,
)
from lstm_guide.errors.states import (
    check_pair as check_pair,
)
from lstm_guide.errors.states import (
    check_rows as check_rows,
)
from lstm_guide.errors.states import (
    check_shape as check_shape,
)
from lstm_guide.errors.states import (
    check_state_kind as check_state_kind,
)
from lstm_guide.errors.states import (
    check_state_sizes as check_state_sizes,
)
from lstm_guide.errors.tasks import (
    check_even as check_even,
)
from lstm_guide.errors.tasks import (
    check_noise as check_noise,
)
from lstm_guide.errors.tasks import (
    check_range as check_range,
)
from lstm_guide.errors.training import (
    check_above_zero as check_above_zero,
)
from lstm_guide.errors.training import (
    check_forward_in_time as check_forward_in_time,
)
from lstm_guide.errors.training import (
    check_long_enough as check_long_enough,
)
from lstm_guide.errors.training import (
    check_number as check_number,
)
from lstm_guide.errors.training import (
    check_reached as check_reached,
)
from lstm_guide.errors.training import (
    check_returned as check_returned,
)
from lstm_guide.errors.training import (
    check_sequences as check_sequences,
)
from lstm_guide.errors.training import (
    check_series as check_series,
)
from lstm_guide.errors.training import (
    check_split as check_split,
)
from lstm_guide.errors.training import (
    check_trained as check_trained,
)
from lstm_guide.errors.training import (
    check_update as check_update,
)
from lstm_guide.errors.training import (
    check_varies as check_varies,
)
from lstm_guide.errors.training import (
    check_windows as check_windows,
)
from lstm_guide.errors.weights import (
    check_array as check_array,
)
from lstm_guide.errors.weights import (
    check_finite as check_finite,
)
from lstm_guide.errors.weights import (
    check_gate_axis as check_gate_axis,
)
from lstm_guide.errors.weights import (
    check_gate_order as check_gate_order,
)
from lstm_guide.errors.weights import (
    check_gated as check_gated,
)
from lstm_guide.errors.weights import (
    check_has_bias as check_has_bias,
)
from lstm_guide.errors.weights import (
    check_leaves as check_leaves,
)
from lstm_guide.errors.weights import (
    check_length as check_length,
)
from lstm_guide.errors.weights import (
    check_names as check_names,
)
from lstm_guide.errors.weights import (
    check_no_projection as check_no_projection,
)
from lstm_guide.errors.weights import (
    check_parameters as check_parameters,
)
from lstm_guide.errors.weights import (
    check_step as check_step,
)
from lstm_guide.errors.weights import (
    check_weights as check_weights,
)
from lstm_guide.errors.words import (
    ShapeError as ShapeError,
)

__all__ = ["ShapeError"]
